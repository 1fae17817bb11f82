import type { z } from 'zod';
import type { BrandingErrors } from '../../domain/message/branding.js';
import { petParentKinds } from '../../domain/message/message-kinds.js';
import { isProblem } from '../../lib/problem.js';
import { savedBrandingSchema, type PracticeMail, type SavedBranding } from '../settings.js';
import { templates } from '../templates/templates.js';
import { checkWords, editableParts, type EditableText, type EditableTexts } from './custom-text.js';

/** Form fields of the editor by name, as typed: `name`, `support.phone`, `texts.welcome.opening` and so on. */
export type BrandingFields = Readonly<Record<string, string>>;
type Errors = Record<string, string>;

export type ReadBranding = { brand: SavedBranding } | { errors: BrandingErrors };

/** Error sentences by field. Fields that are not listed use the schema's own message. */
const musts: Record<string, string> = {
  name: 'Please enter the name that pet parents know, in one line of at most 100 characters.',
  fromName: 'Please keep this to one line of at most 100 characters.',
  replyTo: 'This is not an email address. Correct it, or leave it empty.',
  'support.phone': 'Please keep this to one line of at most 40 characters.',
  'support.email': 'This is not an email address. Correct it, or leave it empty.',
  'support.hours': 'Please keep this to one line of at most 120 characters.',
  'brand.logoUrl': 'This is not a web address. It begins with https:// and has at most 500 characters.',
  'brand.colour': 'Please choose a colour such as #1f6f54.',
  'brand.textColour': 'Please choose a colour such as #ffffff, or leave it empty for black or white.',
  'brand.bandColour': 'Please choose a colour such as #ffffff, or leave it empty for the button colour.',
};

const textName = (kind: string, part: string) => `texts.${kind}.${part}`;

/**
 * Reads and validates the form. Default texts that were left unchanged are not stored, so a later improvement of a
 * default reaches the practice.
 *
 * @param logo an uploaded image, new or kept
 */
export function readBrandingForm(fields: BrandingFields, logo: SavedBranding['logo']): ReadBranding {
  const typed = (name: string) => (fields[name] ?? '').replaceAll('\r\n', '\n').trim();
  const orNull = (name: string) => typed(name) || null;
  const logoUrl = logo ? null : orNull('brand.logoUrl');
  const draft = {
    name: typed('name'),
    fromName: orNull('fromName'),
    replyTo: orNull('replyTo'),
    support: {
      phone: orNull('support.phone'),
      email: orNull('support.email'),
      hours: orNull('support.hours'),
    },
    brand: {
      logoUrl,
      colour: typed('brand.colour'),
      textColour: orNull('brand.textColour'),
      bandColour: orNull('brand.bandColour'),
    },
    logo,
    texts: textsOf(typed),
  };
  const errors: Errors = {};
  // The preview and the console also show it, and email programs omit images that are not loaded over https.
  if (logoUrl !== null && !logoUrl.startsWith('https://')) errors['brand.logoUrl'] = musts['brand.logoUrl'] as string;
  const parsed = savedBrandingSchema.safeParse(draft);
  if (!parsed.success) for (const issue of parsed.error.issues) addIssue(errors, issue);
  for (const [name, message] of wordErrors(draft.texts, draft.support)) errors[name] ??= message;
  if (parsed.success && Object.keys(errors).length === 0) return { brand: parsed.data };
  return { errors };
}

function addIssue(errors: Errors, issue: z.core.$ZodIssue): void {
  const path = issue.path.join('.');
  // Neither phone nor email: report it at the phone field.
  if (path === 'support')
    errors['support.phone'] ??= 'Please enter a phone number or an email address for questions of pet parents.';
  else errors[path] ??= issue.code === 'custom' ? issue.message : (musts[path] ?? issue.message);
}

function textsOf(typed: (name: string) => string): EditableTexts {
  const texts: EditableTexts = {};
  for (const kind of petParentKinds) {
    const own: EditableText = {};
    for (const part of editableParts) {
      const text = typed(textName(kind, part));
      if (text !== '' && text !== templates[kind][part]) own[part] = text;
    }
    if (Object.keys(own).length > 0) texts[kind] = own;
  }
  return texts;
}

function* wordErrors(texts: EditableTexts, support: SavedBranding['support']): Generator<[string, string]> {
  for (const kind of petParentKinds) {
    for (const part of editableParts) {
      const source = texts[kind]?.[part];
      if (source === undefined) continue;
      try {
        checkWords(kind, part, source, support);
      } catch (error) {
        if (!isProblem(error)) throw error;
        yield [textName(kind, part), `${error.message} ${error.help ?? ''}`.trim()];
      }
    }
  }
}

/** Form fields filled with the current branding. */
export function fieldsOf(mail: PracticeMail, saved: SavedBranding | null): BrandingFields {
  const { brand, support } = mail;
  const fields: Record<string, string> = {
    name: mail.name,
    fromName: saved ? (saved.fromName ?? '') : mail.from.name === mail.name ? '' : mail.from.name,
    replyTo: saved ? (saved.replyTo ?? '') : mail.replyTo === support.email ? '' : (mail.replyTo ?? ''),
    'support.phone': support.phone ?? '',
    'support.email': support.email ?? '',
    'support.hours': support.hours ?? '',
    'brand.logoUrl': saved?.logo ? '' : (brand.logoUrl ?? ''),
    'brand.colour': brand.colour,
    'brand.textColour': brand.textColour ?? '',
    'brand.bandColour': brand.bandColour ?? '',
  };
  for (const kind of petParentKinds) {
    for (const part of editableParts) {
      fields[textName(kind, part)] = mail.texts[kind]?.[part] ?? templates[kind][part];
    }
  }
  return fields;
}
