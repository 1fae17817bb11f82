import { scrub } from '../../lib/scrub.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** Rows of a run that could not be read: where and why. The caller has checked that the run may be seen. */
export async function unreadableOf(
  db: Database,
  runId: string,
  limit: number,
): Promise<{ reference: string; reason: string }[]> {
  return db
    .selectFrom('sync_unreadable')
    .select(['reference', 'reason'])
    .where('run_id', '=', runId)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Adds the rows that could not be read: where and why, never what. */
export async function noteUnreadable(
  trx: DatabaseTransaction,
  runId: string,
  unreadable: readonly { reference: string; reason: string }[],
): Promise<void> {
  if (unreadable.length === 0) return;
  await trx
    .insertInto('sync_unreadable')
    .values(
      unreadable.map(({ reference, reason }) => ({
        run_id: runId,
        reference: reference.slice(0, 200),
        reason: scrub(reason).slice(0, 500),
      })),
    )
    .execute();
}
