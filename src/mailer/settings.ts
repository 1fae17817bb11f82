import { IANAZone } from 'luxon';
import { z } from 'zod';
import { defaultPasswordDays } from '../domain/account/temporary-password.js';
import { contrast, inkOn, readable } from '../lib/contrast.js';
import { petParentKinds } from '../domain/message/message-kinds.js';
import type { EditableTexts } from './branding/custom-text.js';

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
/**
 * Digest of a logo's bytes and its type: the same image has the same address, a different image a different one.
 */
export const logoIdPattern = /^[0-9a-f]{40}\.(png|jpg|gif)$/;
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 20:00');

/** Returns why text in one colour on another cannot be read, with both colours and what to do; null if it can. */
function unreadable(ink: string, on: string): string | null {
  const found = contrast(ink, on);
  if (found >= readable) return null;
  const rounded = Math.floor(found * 10) / 10;
  return `Text in ${ink} on ${on} cannot be read: the contrast is ${rounded} to 1 and must be at least ${readable} to 1. Choose a ${inkOn(on) === '#000000' ? 'darker' : 'lighter'} text, or leave it empty for black or white.`;
}

/** The `brand` section: appearance of a practice's emails. */
const brandingSchema = z
  .strictObject({
    /** Logo at the top; https, because email programs load it. Default: the practice name instead. */
    logoUrl: webAddress.nullable().default(null),
    /** Display width in pixels. */
    logoWidth: z.int().min(16).max(300).default(220),
    /** Colour of the button, and of the band at the top unless `bandColour` is set. */
    colour: colour.default('#1f5f4a'),
    /** Colour of the button's text. Default: black or white, whichever is readable. */
    textColour: colour.nullable().default(null),
    /** Colour of the band at the top, for a logo that needs another background. Default: `colour`. */
    bandColour: colour.nullable().default(null),
  })
  .superRefine(({ colour: ground, textColour }, context) => {
    const message = textColour && unreadable(textColour, ground);
    if (message) context.addIssue({ code: 'custom', path: ['textColour'], message });
  });

/** Support contact for pet parents. At least one of phone and email. */
const supportSchema = z
  .strictObject({
    phone: line(40).nullable().default(null),
    email: email.nullable().default(null),
    /** As shown to pet parents: `Mon-Fri 8-18, Sat 9-12`. */
    hours: line(120).nullable().default(null),
  })
  .refine(
    (support) => support.phone ?? support.email,
    'needs a phone number or an email address for questions of pet parents',
  );

/** A first campaign grows in steps; each is watched for bounces and complaints before the next. */
export const rolloutSchema = z.strictObject({
  /** Emails of the first step. */
  first: z.int().min(1).default(25),
  /** Growth factor from one step to the next. */
  factor: z.int().min(2).max(100).default(4),
  /** After a step of this size all remaining emails follow, still watched. */
  last: z.int().min(1).default(1600),
  /** Minutes to watch each step. Most bounces come within minutes. */
  watchMinutes: z.number().min(0).default(60),
  /** SES reviews an account at 5 % bounces and 0.1 % complaints; the safety stop triggers below both. */
  bouncePercent: z.number().min(0).max(100).default(3),
  complaintPercent: z.number().min(0).max(100).default(0.08),
});

const textsSchema = z.partialRecord(
  z.enum(petParentKinds),
  z.strictObject({
    subject: line(200).optional(),
    /** The paragraph after the greeting. An empty line starts a new paragraph. */
    opening: z.string().trim().min(1).max(4000).optional(),
    closing: z.string().trim().min(1).max(4000).optional(),
  }),
) satisfies z.ZodType<EditableTexts>;

/** The `mail` section of a practice. */
export const practiceMailSchema = z.strictObject({
  /** The practice's own From address; its domain must be verified in SES. Default: the general one. */
  from: email.nullable().default(null),
  /** Display name in From. Default: the practice's name. */
  fromName: line(100).nullable().default(null),
  /** Reply-To address. Default: `support.email`. */
  replyTo: email.nullable().default(null),
  support: supportSchema.prefault({}),
  brand: brandingSchema.prefault({}),
  /** The practice's own texts by kind of email; see `custom-text.ts` for the variables. */
  texts: textsSchema.default({}),
  /** Language tag for dates. */
  locale: z.string().refine(isLocale, 'must be a language tag such as en-US').default('en-US'),
  /** Days until a temporary password expires. */
  passwordDays: z.int().min(1).max(90).default(defaultPasswordDays),
  /**
   * No campaign emails are sent between these times of the practice's own clock. Single emails that a person waits for
   * are.
   */
  quietHours: z.strictObject({ from: timeOfDay, until: timeOfDay }).nullable().default(null),
  /** `false` sends a first campaign all at once. */
  rollout: z
    .union(
      [rolloutSchema, z.literal(false)],
      `must be false, or hold only ${Object.keys(rolloutSchema.shape).join(', ')}`,
    )
    .prefault({}),
  /** Minutes before staff can send the same person another email. */
  resendCoolDownMinutes: z.int().min(0).default(10),
  /** Adds a List-Unsubscribe header: an address for unsubscribe emails, a one-click URL, or both. */
  listUnsubscribe: z
    .strictObject({
      mailto: email.nullable().default(null),
      /** `{message}` is replaced by the message id. */
      url: webAddress.nullable().default(null),
    })
    .nullable()
    .default(null),
  /** Default: the general login URL. */
  loginUrl: webAddress.nullable().default(null),
});

/**
 * Branding saved in the console. It replaces the same part of the configuration as a whole: an empty field is empty,
 * whatever the configuration says.
 */
export const savedBrandingSchema = z.strictObject({
  /** The practice's name as pet parents know it. */
  name: line(100),
  /** Display name in From. Null: `name`. */
  fromName: line(100).nullable(),
  replyTo: email.nullable(),
  support: supportSchema,
  brand: brandingSchema,
  /** An uploaded image; takes precedence over `brand.logoUrl`. */
  logo: z.strictObject({ id: z.string().regex(logoIdPattern), width: z.int(), height: z.int() }).nullable(),
  texts: textsSchema,
});

export type SavedBranding = z.output<typeof savedBrandingSchema>;

/** The `mail` section for all practices. */
export const mailSchema = z.strictObject({
  /** From address; its domain must be verified in SES. */
  from: email,
  /** Login page of the Pet App. Never contains personal data. */
  loginUrl: webAddress,
  /** Password reset page; `{token}` is replaced by the single-use token. */
  resetUrl: webAddress.refine((url) => url.includes('{token}'), 'must contain {token} where the single-use token goes'),
  /** Hours until a reset link expires. */
  resetHours: z.number().min(0.25).max(72).default(2),
  /** SES configuration set that publishes events. Without one, deliveries and bounces stay unknown. */
  configurationSet: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .nullable()
    .default(null),
  /** SNS topics whose events are accepted. */
  topicArns: z.array(z.string().startsWith('arn:')).default([]),
  /** Accepts a signing certificate from any host, also over plain http. Only for the demo's own SES endpoint. */
  localCertificates: z.boolean().default(false),
  /**
   * Maximum emails per second, if other programs share the SES account. Default: the rate that GetSendQuota returns.
   */
  maxPerSecond: z.number().positive().nullable().default(null),
  /** Minutes after which staff may resolve an uncertain email. */
  uncertainMinutes: z.number().min(0).default(60),
});

export type PracticeMailSettings = z.output<typeof practiceMailSchema>;
export type MailSettings = z.output<typeof mailSchema>;
export type RolloutSettings = z.output<typeof rolloutSchema>;
export type QuietHours = NonNullable<PracticeMailSettings['quietHours']>;

/** Complete mail settings of one practice, with the general settings filled in. */
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

/** Merges a practice's own settings over the general ones. */
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

/** Display width of a logo: at most 220 pixels wide and 90 high, and never larger than the image. */
function shownWidth({ width, height }: { width: number; height: number }): number {
  return Math.max(16, Math.round(Math.min(220, width, (90 * width) / Math.max(1, height))));
}

/** Merges branding saved in the console over a practice's configured mail settings. */
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
