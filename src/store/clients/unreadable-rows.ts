import { scrub } from '../../lib/scrub.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** Lists the unreadable rows of a run: where and why. The caller has checked access to the run. */
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

/** Stores the unreadable rows: where and why, never their content. */
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
