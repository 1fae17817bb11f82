import { IANAZone } from 'luxon';
import { z } from 'zod';
import { contrast, inkOn, readable } from '../lib/contrast.js';
import { editableKinds, type EditableTexts } from './branding/editable-texts.js';

const email = z.email().max(254);
const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\r\n]*$/, 'must be one line');
const webAddress = z.url({ protocol: /^https?$/ }).max(500);
const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour such as #1f6f54');
/** The digest of a logo's bytes and its type: the same picture has the same address, another one another. */
export const logoIdPattern = /^[0-9a-f]{40}\.(png|jpg|gif)$/;
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 20:00');

/** A colour of one's own choice on another: refused when it cannot be read, with both and what to do. */
export function unreadable(ink: string, on: string): string | null {
  const found = contrast(ink, on);
  if (found >= readable) return null;
  const rounded = Math.floor(found * 10) / 10;
  return `Text in ${ink} on ${on} cannot be read: the contrast is ${rounded} to 1 and must be at least ${readable} to 1. Choose a ${inkOn(on) === '#000000' ? 'darker' : 'lighter'} text, or leave it to us.`;
}

/** How a practice's emails look. */
export const brandingSchema = z
  .strictObject({
    /** Shown at the top; https, since mail programs fetch it. Left out: the name stands there. */
    logoUrl: webAddress.nullable().default(null),
    /** How wide it is shown, in pixels. */
    logoWidth: z.int().min(16).max(300).default(220),
    /** Of the button, and of the band at the top unless that has its own. */
    colour: colour.default('#1f5f4a'),
    /** Of the button's text. Left out: black or white, whichever can be read. */
    textColour: colour.nullable().default(null),
    /** Of the band at the top, for a logo that needs another ground. Left out: `colour`. */
    bandColour: colour.nullable().default(null),
  })
  .superRefine(({ colour: ground, textColour }, context) => {
    const message = textColour && unreadable(textColour, ground);
    if (message) context.addIssue({ code: 'custom', path: ['textColour'], message });
  });

/** Who a pet parent can ask. At least one of phone and email. */
export const supportSchema = z
  .strictObject({
    phone: line(40).nullable().default(null),
    email: email.nullable().default(null),
    /** As people say it: `Mon-Fri 8-18, Sat 9-12`. */
    hours: line(120).nullable().default(null),
  })
  .refine((support) => support.phone ?? support.email, 'needs a phone or an email that pet parents can turn to');

/** A first campaign grows by steps, each watched for bounces and complaints before the next. */
export const rolloutSchema = z.strictObject({
  /** Emails of the first step. */
  first: z.int().min(1).default(25),
  /** Each step is so many times the last one. */
  factor: z.int().min(2).max(100).default(4),
  /** From this step on the rest follows, still watched. */
  last: z.int().min(1).default(1600),
  /** How long a step is watched. Most bounces come within minutes. */
  watchMinutes: z.number().min(0).default(60),
  /** SES reviews an account at 5 % bounces and 0.1 % complaints; the safety stop is below both. */
  bouncePercent: z.number().min(0).max(100).default(3),
  complaintPercent: z.number().min(0).max(100).default(0.08),
});

const textsSchema = z.partialRecord(
  z.enum(editableKinds),
  z.strictObject({
    subject: line(200).optional(),
    /** The paragraph behind the greeting. An empty line starts a new paragraph. */
    opening: z.string().trim().min(1).max(4000).optional(),
    closing: z.string().trim().min(1).max(4000).optional(),
  }),
) satisfies z.ZodType<EditableTexts>;

/** The `mail` section of a practice. */
export const practiceMailSchema = z.strictObject({
  /** An own From address; its domain must be verified in SES. Left out: the one for all practices. */
  from: email.nullable().default(null),
  /** The name in From. Left out: the practice's name. */
  fromName: line(100).nullable().default(null),
  /** Where answers go. Left out: `support.email`. */
  replyTo: email.nullable().default(null),
  support: supportSchema.prefault({}),
  brand: brandingSchema.prefault({}),
  /** What its own words replace, per kind of mail; see `editable-texts.ts` for the variables. */
  texts: textsSchema.default({}),
  /** How dates are written. */
  locale: z.string().refine(isLocale, 'must be a language tag such as en-US').default('en-US'),
  /** Days until a temporary password runs out. */
  passwordDays: z.int().min(1).max(90).default(30),
  /** No campaign is sent between these times of the practice's own clock. Single emails that a person waits for are. */
  quietHours: z.strictObject({ from: timeOfDay, until: timeOfDay }).nullable().default(null),
  /** `false` sends a first campaign all at once. */
  rollout: z
    .union(
      [rolloutSchema, z.literal(false)],
      `must be false, or hold only ${Object.keys(rolloutSchema.shape).join(', ')}`,
    )
    .prefault({}),
  /** Minutes until the same person can be sent another mail by staff. */
  resendCoolDownMinutes: z.int().min(0).default(10),
  /** Adds a List-Unsubscribe header: an address that takes such emails, a page that takes one click, or both. */
  listUnsubscribe: z
    .strictObject({
      mailto: email.nullable().default(null),
      /** `{welcome}` in it stands for the mail's id. */
      url: webAddress.nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Left out: the one for all practices. */
  loginUrl: webAddress.nullable().default(null),
});

/**
 * What a practice's people saved in the console. It stands in place of the same part of the configuration, as a whole:
 * what they left empty is empty, whatever the configuration says.
 */
export const savedBrandingSchema = z.strictObject({
  /** As pet parents know the practice. */
  name: line(100),
  /** The name in From. Null: `name`. */
  fromName: line(100).nullable(),
  replyTo: email.nullable(),
  support: supportSchema,
  brand: brandingSchema,
  /** A picture that was uploaded; it wins over `brand.logoUrl`. */
  logo: z.strictObject({ id: z.string().regex(logoIdPattern), width: z.int(), height: z.int() }).nullable(),
  texts: textsSchema,
});

export type SavedBranding = z.output<typeof savedBrandingSchema>;

/** The `mail` section for all practices. */
export const mailSchema = z.strictObject({
  /** Its domain must be verified in SES. */
  from: email,
  /** Where pet parents log in. Never holds anything personal. */
  loginUrl: webAddress,
  /** Where a password is reset; `{token}` stands for the single-use token. */
  resetUrl: webAddress.refine((url) => url.includes('{token}'), 'must hold {token} where the single-use token goes'),
  /** Hours that a reset link works. */
  resetHours: z.number().min(0.25).max(72).default(2),
  /** The SES configuration set that publishes events. Without one, nothing tells what became of an email. */
  configurationSet: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .nullable()
    .default(null),
  /** The SNS topics whose events are believed. */
  topicArns: z.array(z.string().startsWith('arn:')).default([]),
  /** Believes a signing certificate from any host, plain http too. Only for the demo's own SES endpoint. */
  localCertificates: z.boolean().default(false),
  /** Never more than this, when other programs share the SES account. Left out: what GetSendQuota says. */
  maxPerSecond: z.number().positive().nullable().default(null),
  /** Minutes after which staff may say what became of an email whose answer was lost. */
  uncertainMinutes: z.number().min(0).default(60),
});

export type PracticeMailSettings = z.output<typeof practiceMailSchema>;
export type MailSettings = z.output<typeof mailSchema>;
export type RolloutSettings = z.output<typeof rolloutSchema>;
export type QuietHours = NonNullable<PracticeMailSettings['quietHours']>;

/** All that the emails of one practice need, with the general settings filled in. */
export interface PracticeMail extends Omit<PracticeMailSettings, 'from' | 'fromName' | 'replyTo' | 'loginUrl'> {
  practiceId: string;
  name: string;
  /** IANA name. */
  timeZone: string;
  from: { name: string; address: string };
  replyTo: string | null;
  loginUrl: string;
  resetUrl: string;
  resetHours: number;
}

export interface PracticeIdentity {
  id: string;
  name: string;
  timeZone: string;
}

/** Puts a practice's own settings over the general ones. */
export function practiceMail(
  practice: PracticeIdentity,
  own: PracticeMailSettings,
  general: MailSettings,
): PracticeMail {
  if (!IANAZone.isValidZone(practice.timeZone)) throw new RangeError(`No time zone is named "${practice.timeZone}".`);
  return {
    ...own,
    practiceId: practice.id,
    name: practice.name,
    timeZone: practice.timeZone,
    from: { name: own.fromName ?? practice.name, address: own.from ?? general.from },
    replyTo: own.replyTo ?? own.support.email,
    loginUrl: own.loginUrl ?? general.loginUrl,
    resetUrl: general.resetUrl,
    resetHours: general.resetHours,
  };
}

/** No wider than most emails leave room for, no higher than a line or three of text, and never larger than it is. */
function shownWidth({ width, height }: { width: number; height: number }): number {
  return Math.max(16, Math.round(Math.min(220, width, (90 * width) / Math.max(1, height))));
}

/** Puts what was saved in the console over a practice's configured mail settings. */
export function withBranding(mail: PracticeMail, saved: SavedBranding, logoUrl: (id: string) => string): PracticeMail {
  const { logo } = saved;
  return {
    ...mail,
    name: saved.name,
    from: { ...mail.from, name: saved.fromName ?? saved.name },
    replyTo: saved.replyTo ?? saved.support.email,
    support: saved.support,
    brand: logo ? { ...saved.brand, logoUrl: logoUrl(logo.id), logoWidth: shownWidth(logo) } : saved.brand,
    texts: saved.texts,
  };
}

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
