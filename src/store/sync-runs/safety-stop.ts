import { sql } from 'kysely';
import type { Problem } from '../../lib/problem.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/**
 * Returns the start of the first run that wrote data since a run last passed the safety stop; failed runs wrote pages
 * too. Null if no run has written since, or none has ever passed.
 */
export async function unprovenSince(db: Database, practiceId: string): Promise<Date | null> {
  const { rows } = await sql<{ since: Date | null }>`
    SELECT MIN(r.started_at) AS since FROM sync_runs r
    JOIN (SELECT MAX(id) AS id FROM sync_runs
      WHERE practice_id = ${practiceId} AND kind <> 'client' AND passed_safety_stop = 1) p ON r.id > p.id
    WHERE r.practice_id = ${practiceId} AND r.kind <> 'client'`.execute(db);
  return rows[0]?.since ?? null;
}

/** Stops a run until staff have checked it: nothing more happens until it is released or another run is requested. */
export async function stopRun(
  db: Database | DatabaseTransaction,
  runId: string,
  why: Problem,
  now: Date,
): Promise<void> {
  await db
    .updateTable('sync_runs')
    .set({
      state: 'stopped',
      active_practice: null,
      finished_at: now,
      error_code: why.code,
      error_message: why.message,
      error_help: why.help ?? null,
    })
    .where('id', '=', runId)
    .execute();
}

/**
 * Tells whether staff released the safety stop of this run. Locks the run, so that they cannot release it meanwhile.
 */
export async function isSafetyStopReleased(trx: DatabaseTransaction, runId: string): Promise<boolean> {
  const run = await trx
    .selectFrom('sync_runs')
    .select('safety_stop_released_by')
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  return run?.safety_stop_released_by != null;
}
