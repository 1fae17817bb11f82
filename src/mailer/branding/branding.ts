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
import { pausePractice } from '../../store/messages/email-flow.js';
import type { MailLog } from '../log.js';
import { createRenderer, type Renderer } from '../render.js';
import { checkMails } from './sample-emails.js';
import { savedBrandingSchema, withBranding, type PracticeMail, type SavedBranding } from '../settings.js';

/** Every process sees a save within this time, in milliseconds. A check costs one short statement. */
const freshForMs = 1_000;

export interface BrandsDeps {
  db: Database;
  clock: Clock;
  log: MailLog;
  /** Null if the practice is not configured. */
  configured(practiceId: string): PracticeMail | null;
  /** URL from which email programs fetch an uploaded logo. */
  logoUrl(id: string): string;
  renderer?: Renderer;
}

interface Applied {
  version: number;
  /** Null for the configured branding. */
  mail: PracticeMail | null;
  /** Why the saved branding cannot be used, or null. */
  trouble: string | null;
}

export type Brands = ReturnType<typeof createBranding>;

/**
 * Current branding of each practice: saved in the console, else configured. Every process polls for newer versions, so
 * a save needs no restart.
 */
export function createBranding(deps: BrandsDeps) {
  const { db, clock, log, configured } = deps;
  const renderer = deps.renderer ?? createRenderer();
  const applied = new Map<string, Applied>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | null = null;

  /**
   * Applies saved branding, or returns the error that makes it unusable. Rejects on database errors, which say nothing
   * about the branding.
   */
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
    return logoIsGone ? { error: new RangeError('its logo is missing') } : { mail };
  }

  async function apply(practiceId: string): Promise<void> {
    const base = configured(practiceId);
    const kept = base && (await readBranding(db, practiceId));
    if (!kept) return;
    const { version, brand } = kept;
    const found = brand === null ? { mail: null } : await mailOf(base, brand);
    if ('error' in found) return refuse(practiceId, version, found.error);
    // Lift the pause first: if that fails, the next poll retries.
    await liftBrandingPause(db, practiceId);
    applied.set(practiceId, { version, mail: found.mail, trouble: null });
  }

  async function refuse(practiceId: string, version: number, error: unknown): Promise<void> {
    const why = `The saved branding (version ${version}) cannot be used: ${isProblem(error) ? `${error.message} ${error.help ?? ''}` : 'this version of pims-sync cannot read it.'}`;
    const trouble = `${why.trim()} Save it again under Email Marketing > Branding; no email is sent until then.`;
    applied.set(practiceId, { version, mail: null, trouble });
    log.error({ practice: practiceId, version, code: isProblem(error) ? error.code : 'brand-wrong' }, trouble);
    await pausePractice(db, practiceId, { why: trouble, by: pausedByBranding }, clock());
  }

  async function look(): Promise<void> {
    const versions = await brandingVersions(db);
    for (const [practiceId, version] of versions) {
      if (applied.get(practiceId)?.version !== version) await apply(practiceId);
    }
    // Versions disappear only if the database was restored from a backup.
    for (const practiceId of applied.keys()) if (!versions.has(practiceId)) applied.delete(practiceId);
    lookedAt = clock().getTime();
  }

  return {
    /** Configured branding of a practice. */
    configured,

    /** Current branding of a practice; the configured branding while the saved one cannot be used. */
    current: (practiceId: string): PracticeMail | null => applied.get(practiceId)?.mail ?? configured(practiceId),

    /** The practice's own addresses, which belong to no client: configured, and saved in the console so far. */
    async ownAddresses(practiceId: string): Promise<string[]> {
      const base = configured(practiceId);
      const kept = base && (await readBranding(db, practiceId));
      const saved = kept?.brand ? savedBrandingSchema.safeParse(JSON.parse(kept.brand)) : null;
      const mails = [base, base && saved?.success ? withBranding(base, saved.data, deps.logoUrl) : null];
      const own = mails.flatMap((mail) => (mail ? [mail.from.address, mail.replyTo, mail.support.email] : []));
      return [...new Set(own.filter((address) => address !== null).map((address) => address.toLowerCase()))];
    },

    /**
     * Branding to send with; null while the saved branding cannot be used, so that no email goes out in a wrong form.
     */
    sendable: (practiceId: string): PracticeMail | null => {
      const now = applied.get(practiceId);
      return now?.trouble ? null : (now?.mail ?? configured(practiceId));
    },

    /** Why the saved branding cannot be used; null if it can. */
    trouble: (practiceId: string): string | null => applied.get(practiceId)?.trouble ?? null,

    /** Loads newly saved versions, at most once a second unless `atOnce`. Concurrent callers share one poll. */
    async refresh(options: { atOnce?: boolean } = {}): Promise<void> {
      if (looking && !options.atOnce) return looking;
      if (looking) await looking;
      if (!options.atOnce && clock().getTime() - lookedAt < freshForMs) return;
      looking = look().finally(() => (looking = null));
      return looking;
    },
  };
}
