import Handlebars from 'handlebars';
import { DateTime } from 'luxon';
import { inkOn } from '../lib/contrast.js';
import { cleanText } from '../domain/client/name.js';
import type { RenderedEmail } from '../domain/message/branding.js';
import type { MessageKind } from '../domain/message/message-kinds.js';
import type { Secret } from '../lib/secret.js';
import type { PracticeMail } from './settings.js';
import { compileShell } from './compiled-templates.js';
import { templates } from './templates/templates.js';
import { asHtml, type EditableText } from './branding/custom-text.js';

/** Recipient and content of one email. Names come from a PIMS and may contain anything. */
export interface MailPerson {
  firstName: string | null;
  lastName: string | null;
  email: string;
  /** Names of living pets; unnamed pets are left out. */
  pets: readonly string[];
  /** The temporary password, if the kind of email contains one. */
  password: Secret | null;
  /** The single-use token, for a password reset. */
  resetToken: Secret | null;
  /** When the password or the link expires. */
  expiresAt: Date | null;
  /** Name of the person who asked for the email, in an email to staff. */
  requestedBy: string | null;
}

export type Renderer = ReturnType<typeof createRenderer>;

type Fill = (data: object) => string;

const strict: CompileOptions = { strict: true, knownHelpersOnly: false };

/**
 * Renders emails. The slow part (MJML, deriving the text part) runs once per kind, whatever the number of practices; a
 * practice's own texts are compiled once per distinct text.
 */
export function createRenderer() {
  const forHtml = Handlebars.create();
  const forText = Handlebars.create();
  forHtml.registerHelper('names', (names: unknown) => new Handlebars.SafeString(listed(names, isolated)));
  forText.registerHelper('names', (names: unknown) => listed(names, (name) => name));
  const shells = new Map<string, Promise<{ html: Fill; text: Fill }>>();
  const texts = new Map<string, Fill>();
  /** Own texts, kept only as long as the practice's settings, because the editor previews new texts all the time. */
  const ownTexts = new WeakMap<PracticeMail['texts'], Map<string, Fill>>();

  function shellOf(kind: MessageKind, withLogo: boolean) {
    const key = `${kind} ${withLogo}`;
    let shell = shells.get(key);
    if (!shell) {
      shell = compileShell(kind, withLogo).then(({ html, text }) => ({
        html: forHtml.compile(html, strict),
        text: forText.compile(text, { ...strict, noEscape: true }),
      }));
      shells.set(key, shell);
    }
    return shell;
  }

  /** Compiles a text with its variables; `{{petNames}}` becomes the list of names. */
  function wordsOf(source: string, as: 'html' | 'text', kept: Map<string, Fill>): Fill {
    const key = `${as} ${source}`;
    let fill = kept.get(key);
    if (!fill) {
      const ready = (as === 'html' ? asHtml(source) : source.trim()).replace(
        /\{\{\s*petNames\s*\}\}/g,
        '{{names pets}}',
      );
      fill = as === 'html' ? forHtml.compile(ready, strict) : forText.compile(ready, { ...strict, noEscape: true });
      kept.set(key, fill);
    }
    return fill;
  }

  return {
    /** Renders one email. After `checkMails` passed, it throws only because of a defect. */
    async render(mail: PracticeMail, kind: MessageKind, person: MailPerson): Promise<RenderedEmail> {
      const template = templates[kind];
      const own: EditableText = (mail.texts as Partial<Record<MessageKind, EditableText>>)[kind] ?? {};
      const shell = await shellOf(kind, mail.brand.logoUrl !== null);
      const facts = factsOf(mail, person);
      const named = { ...facts, firstName: facts.firstName ?? 'pet parent' };
      const keptOwn = ownTexts.get(mail.texts) ?? new Map<string, Fill>();
      ownTexts.set(mail.texts, keptOwn);
      const fill = (part: keyof EditableText, as: 'html' | 'text') => {
        const words = own[part];
        return (words === undefined ? wordsOf(template[part], as, texts) : wordsOf(words, as, keptOwn))(named);
      };
      const subject = fill('subject', 'text');
      return {
        subject: oneLine(subject),
        html: shell.html({ ...facts, opening: fill('opening', 'html'), closing: fill('closing', 'html') }),
        text: shell.text({ ...facts, opening: fill('opening', 'text'), closing: fill('closing', 'text') }),
      };
    },
  };
}

function factsOf(mail: PracticeMail, person: MailPerson) {
  const token = person.resetToken?.open() ?? '';
  return {
    practiceName: mail.name,
    firstName: cleanText(person.firstName),
    email: person.email,
    pets: person.pets.map((name) => cleanText(name)).filter((name) => name !== null),
    password: person.password?.open() ?? '',
    expiresOn: person.expiresAt ? dateAt(person.expiresAt, mail) : '',
    loginUrl: mail.loginUrl,
    resetUrl: mail.resetUrl.replaceAll('{token}', encodeURIComponent(token)),
    supportPhone: mail.support.phone,
    supportPhoneLink: mail.support.phone?.replace(/[^+\d]/g, '') ?? '',
    supportEmail: mail.support.email,
    supportHours: mail.support.hours,
    logoUrl: mail.brand.logoUrl,
    logoWidth: mail.brand.logoWidth,
    ...coloursOf(mail.brand),
    requestedBy: person.requestedBy ?? '',
  };
}

type Brand = PracticeMail['brand'];

function newColours({ colour, bandColour, textColour }: Brand) {
  const band = bandColour ?? colour;
  return { colour, ink: textColour ?? inkOn(colour), band, bandInk: inkOn(band) };
}

const coloursOfBrand = new WeakMap<Brand, ReturnType<typeof newColours>>();

/** Colours of a practice, computed once for all its emails. */
function coloursOf(brand: Brand): ReturnType<typeof newColours> {
  const colours = coloursOfBrand.get(brand) ?? newColours(brand);
  coloursOfBrand.set(brand, colours);
  return colours;
}

let lastDate = { key: '', text: '' };

/**
 * Caches the last date: the emails of a campaign mostly name the same minute, and formatting it takes as long as half
 * an email.
 */
function dateAt(at: Date, mail: PracticeMail): string {
  const key = `${Math.floor(at.getTime() / 60_000)} ${mail.timeZone} ${mail.locale}`;
  if (key !== lastDate.key) lastDate = { key, text: newDateAt(at, mail) };
  return lastDate.text;
}

/** Formats in the practice's time zone and names the zone, because the reader may be in another one. */
function newDateAt(at: Date, { timeZone, locale }: PracticeMail): string {
  const text = DateTime.fromJSDate(at, { zone: timeZone }).setLocale(locale).toLocaleString({
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  // The narrow space before "PM" alone would make an English email non-ASCII.
  return text.replaceAll('\u202f', ' ');
}

/** Returns "Luna, Max and Rex"; "your pets" for an empty list, so that the sentence around it still reads well. */
function listed(names: unknown, show: (name: string) => string): string {
  const shown = (names as string[]).map(show);
  if (shown.length === 0) return 'your pets';
  return shown.length === 1 ? (shown[0] as string) : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** Isolates a name, so that right-to-left script does not reorder the sentence around it. */
const isolated = (name: string): string => `<bdi>${Handlebars.escapeExpression(name)}</bdi>`;

function oneLine(subject: string): string {
  return subject
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 250);
}
