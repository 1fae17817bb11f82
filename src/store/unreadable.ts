import type { Database } from './database.js';

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
