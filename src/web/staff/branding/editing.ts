import { messageKinds, type PetParentKind } from '../../../domain/message/message-kinds.js';
import type { BrandingErrors, BrandingSheet } from '../../../domain/message/branding.js';

export interface Editing {
  sheet: BrandingSheet;
  /** Current or typed values by field name. */
  fields: Readonly<Record<string, string>>;
  logo: 'keep' | 'address' | 'upload' | 'none';
  errors: BrandingErrors;
}

export const fieldId = (name: string): string => `field-${name.replace(/\W+/g, '-')}`;

/** Returns the label of a field, for the list of errors. */
export function fieldLabel(name: string): string {
  const [, kind, part] = /^texts\.([\w-]+)\.(\w+)$/.exec(name) ?? [];
  if (kind && part) return `${messageKinds[kind as PetParentKind].name}: ${partLabels[part as Part]}`;
  return labels[name] ?? name;
}

export const partLabels = {
  subject: 'Subject',
  opening: 'Opening paragraph',
  closing: 'Closing',
};
export type Part = keyof typeof partLabels;
/** In the order of the email. */
export const parts = Object.keys(partLabels) as Part[];

export const labels: Record<string, string> = {
  name: 'Practice name',
  fromName: 'Sender name',
  replyTo: 'Reply-to',
  'support.phone': 'Phone',
  'support.email': 'Email address',
  'support.hours': 'Opening hours',
  logo: 'Logo',
  'brand.logoUrl': 'Image URL',
  'brand.colour': 'Button colour',
  'brand.textColour': 'Button text colour',
  'brand.bandColour': 'Header colour',
};
