import { Problem } from '../../lib/problem.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';

/** The branding of a practice as last saved in the console. */
export interface KeptBrand {
  practiceId: string;
  version: number;
  /** JSON; null means the configured branding. */
  brand: string | null;
}

/** One line of the list of versions. */
export interface BrandingVersion {
  version: number;
  savedAt: Date;
  savedBy: string;
  /** True for a reset to the configured branding. */
  configured: boolean;
}

/** Returns the newest version of each practice; practices that never saved one are absent. */
export async function brandingVersions(db: Database): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('branding_versions')
    .select((eb) => ['practice_id', eb.fn.max('version').as('version')])
    .groupBy('practice_id')
    .execute();
  return new Map(rows.map((row) => [row.practice_id, Number(row.version)]));
}

/** Reads one version, or the newest. Null if there is none. */
export async function readBranding(db: Database, practiceId: string, version?: number): Promise<KeptBrand | null> {
  let query = db.selectFrom('branding_versions').selectAll().where('practice_id', '=', practiceId);
  if (version !== undefined) query = query.where('version', '=', version);
  const row = await query.orderBy('version', 'desc').limit(1).executeTakeFirst();
  return row ? { practiceId, version: row.version, brand: row.brand } : null;
}

/** Lists the saved versions with time and author, newest first. */
export async function brandingHistory(db: Database, practiceId: string, limit: number): Promise<BrandingVersion[]> {
  const rows = await db
    .selectFrom('branding_versions')
    .select((eb) => ['version', 'saved_at', 'saved_by', eb('brand', 'is', null).as('configured')])
    .where('practice_id', '=', practiceId)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    version: row.version,
    savedAt: row.saved_at,
    savedBy: row.saved_by,
    configured: Boolean(row.configured),
  }));
}

export interface Logo {
  id: string;
  bytes: Buffer;
  width: number;
  height: number;
}

/**
 * Saves a validated branding, with its logo if that is new, and records it in the audit trail.
 *
 * @param saved `after` is the version that the person edited (0: none); two people who edit at the same time must not
 * overwrite each other's changes unnoticed
 * @returns the new version
 * @throws Problem `branding-changed-meanwhile`
 */
export async function saveBranding(
  db: Database,
  saved: { practiceId: string; brand: string | null; after: number; logo: Logo | null; changed: string },
  actor: Actor,
  now: Date,
): Promise<number> {
  const { practiceId, brand, after, logo } = saved;
  const version = after + 1;
  const write = async (trx: DatabaseTransaction) => {
    const newest = await trx
      .selectFrom('branding_versions')
      .select('version')
      .where('practice_id', '=', practiceId)
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirst();
    if ((newest?.version ?? 0) !== after) throw changedMeanwhile();
    if (logo) {
      await trx
        .insertInto('branding_logos')
        .ignore()
        .values({ ...logo, saved_at: now })
        .execute();
    }
    const saved_by = (actor.name ?? actor.kind).slice(0, 200);
    await trx
      .insertInto('branding_versions')
      .values({ practice_id: practiceId, version, brand, saved_at: now, saved_by })
      .execute();
    const action = brand === null ? 'branding-restored' : 'branding-saved';
    await record(trx, { actor, action, practiceId, details: { version, changed: saved.changed } }, now);
  };
  // The second of two simultaneous saves hits the primary key, retries, and finds the newer version.
  await inTransaction(db, write, ['ER_DUP_ENTRY']);
  return version;
}

function changedMeanwhile(): Problem {
  return new Problem({
    code: 'branding-changed-meanwhile',
    message: 'Another person has saved a newer version in the meantime.',
  });
}

/** Finds a logo by its id; null if there is none. */
export async function findLogo(db: Database, id: string): Promise<Logo | null> {
  const row = await db.selectFrom('branding_logos').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? { id: row.id, bytes: row.bytes, width: row.width, height: row.height } : null;
}

/** The author of a pause that starts because a practice's saved branding cannot be used. */
export const pausedByBranding = 'the saved branding';

/** Ends a pause that the branding caused, because it can be used now. A pause by anyone else stays. */
export async function liftBrandingPause(db: Database, practiceId: string): Promise<void> {
  await db
    .updateTable('practices')
    .set({ email_paused_at: null, email_pause_reason: null, email_paused_by: null })
    .where('id', '=', practiceId)
    .where('email_paused_by', '=', pausedByBranding)
    .execute();
}
