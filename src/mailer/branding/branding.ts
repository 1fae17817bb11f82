import type { Clock } from '../../lib/ids.js';
import { isProblem } from '../../lib/problem.js';
import {
  brandingVersions,
  findLogo,
  liftBrandingPause,
  pausedByBranding,
  readBranding,
} from '../../store/messages/branding.js';
import type { Database } from '../../store/db/database.js';
import { pausePractice } from '../../store/messages/email-pause.js';
import type { MailLog } from '../log.js';
import { createRenderer, type Renderer } from '../render.js';
import { checkMails } from './sample-emails.js';
import { savedBrandingSchema, withBranding, type PracticeMail, type SavedBranding } from '../settings.js';

/** A save is seen by every process within so many milliseconds; asking costs one short statement. */
const freshForMs = 1_000;

export interface BrandsDeps {
  db: Database;
  clock: Clock;
  log: MailLog;
  /** Null when the configuration does not know the practice. */
  configured(practiceId: string): PracticeMail | null;
  /** Where mail programs fetch an uploaded logo. */
  logoUrl(id: string): string;
  renderer?: Renderer;
}

interface Applied {
  version: number;
  /** Null for "back to the configured brand". */
  mail: PracticeMail | null;
  /** Why what was saved cannot be used. */
  trouble: string | null;
}

export type Brands = ReturnType<typeof createBranding>;

/**
 * How each practice's emails look now: what its people saved in the console, else the configuration. Every process looks
 * for newer versions by itself, so nothing is restarted.
 */
export function createBranding(deps: BrandsDeps) {
  const { db, clock, log, configured } = deps;
  const renderer = deps.renderer ?? createRenderer();
  const applied = new Map<string, Applied>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;

  /** The emails in this brand, or why it cannot be used. What the database throws is no fault of the brand. */
  async function mailOf(base: PracticeMail, json: string): Promise<{ mail: PracticeMail } | { error: unknown }> {
    let saved: SavedBranding;
    let mail: PracticeMail;
    try {
      saved = savedBrandingSchema.parse(JSON.parse(json));
      mail = withBranding(base, saved, deps.logoUrl);
      await checkMails(mail, renderer);
    } catch (error) {
      return { error };
    }
    const logoIsGone = saved.logo && !(await findLogo(db, saved.logo.id));
    return logoIsGone ? { error: new RangeError('its logo is gone') } : { mail };
  }

  async function apply(practiceId: string): Promise<void> {
    const base = configured(practiceId);
    const kept = base && (await readBranding(db, practiceId));
    if (!kept) return;
    const { version, brand } = kept;
    const found = brand === null ? { mail: null } : await mailOf(base, brand);
    if ('error' in found) return refuse(practiceId, version, found.error);
    // Lifted first: when that fails, the next look comes here again.
    await liftBrandingPause(db, practiceId);
    applied.set(practiceId, { version, mail: found.mail, trouble: null });
  }

  async function refuse(practiceId: string, version: number, error: unknown): Promise<void> {
    const why = `The saved brand (version ${version}) cannot be used: ${isProblem(error) ? `${error.message} ${error.help ?? ''}` : 'it is not as this version of pims-sync needs it.'}`;
    const trouble = `${why.trim()} Save it again under Email Marketing > Brand; nothing is sent until then.`;
    applied.set(practiceId, { version, mail: null, trouble });
    log.error({ practice: practiceId, version, code: isProblem(error) ? error.code : 'brand-wrong' }, trouble);
    await pausePractice(db, practiceId, { why: trouble, by: pausedByBranding }, clock());
  }

  async function look(): Promise<void> {
    const versions = await brandingVersions(db);
    for (const [practiceId, version] of versions) {
      if (applied.get(practiceId)?.version !== version) await apply(practiceId);
    }
    // Only a database that was restored from a backup forgets one.
    for (const practiceId of applied.keys()) if (!versions.has(practiceId)) applied.delete(practiceId);
    lookedAt = clock().getTime();
  }

  return {
    /** What was written in the configuration. */
    configured,

    /** How the practice's emails look now; while what was saved cannot be used, the configured way. */
    current: (practiceId: string): PracticeMail | null => applied.get(practiceId)?.mail ?? configured(practiceId),

    /** The practice's own addresses, which are no client's: configured, and saved in the console up to this moment. */
    async ownAddresses(practiceId: string): Promise<string[]> {
      const base = configured(practiceId);
      const kept = base && (await readBranding(db, practiceId));
      const saved = kept?.brand ? savedBrandingSchema.safeParse(JSON.parse(kept.brand)) : null;
      const mails = [base, base && saved?.success ? withBranding(base, saved.data, deps.logoUrl) : null];
      const own = mails.flatMap((mail) => (mail ? [mail.from.address, mail.replyTo, mail.support.email] : []));
      return [...new Set(own.filter((address) => address !== null).map((address) => address.toLowerCase()))];
    },

    /** The same for sending: null while what was saved cannot be used, so that nothing goes out in a wrong form. */
    sendable: (practiceId: string): PracticeMail | null => {
      const now = applied.get(practiceId);
      return now?.trouble ? null : (now?.mail ?? configured(practiceId));
    },

    /** Why what this practice saved cannot be used; null when it can. */
    trouble: (practiceId: string): string | null => applied.get(practiceId)?.trouble ?? null,

    /** Takes in what was saved since; at most once in a second unless `atOnce`. Many callers share one look. */
    async refresh(options: { atOnce?: boolean } = {}): Promise<void> {
      if (looking && !options.atOnce) return looking;
      if (looking) await looking;
      if (!options.atOnce && clock().getTime() - lookedAt < freshForMs) return;
      looking = look().finally(() => (looking = null));
      return looking;
    },
  };
}
