import { sql } from 'kysely';
import { codeOf, isProblem, Problem } from '../../lib/problem.js';
import { scrub } from '../../lib/scrub.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { loadRun, type SyncCounts, type SyncRun } from './sync-runs.js';

/**
 * Marks a queued run as reading; an interrupted run continues in its status. Clears the error of an earlier attempt.
 */
export async function beginRun(db: Database, runId: string, now: Date): Promise<SyncRun> {
  await db
    .updateTable('sync_runs')
    .set((eb) => ({
      state: eb.case().when('state', '=', 'queued').then(sql.lit('reading')).else(eb.ref('state')).end() as never,
      started_at: eb.fn.coalesce('started_at', eb.val(now)),
      progressed_at: now,
      error_code: null,
      error_message: null,
      error_help: null,
    }))
    .where('id', '=', runId)
    .where('state', 'in', ['queued', 'reading', 'evaluating'])
    .execute();
  return loadRun(db, runId);
}

export interface PageProgress {
  /** Number of pages read, including these. */
  pageNo: number;
  cursor: string | null;
  readAll: boolean;
  counts: SyncCounts;
  seen: Buffer;
  profile: string | null;
}

/**
 * Advances a run by some pages, inside the transaction that writes the pages' rows.
 *
 * @throws Problem `run-taken-over` if another worker has already advanced it; the transaction then writes nothing
 */
export async function advanceRun(trx: DatabaseTransaction, run: SyncRun, page: PageProgress, now: Date): Promise<void> {
  const moved = await trx
    .updateTable('sync_runs')
    .set({
      page_no: page.pageNo,
      next_cursor: page.cursor,
      read_all: page.readAll ? 1 : 0,
      counts: JSON.stringify(page.counts),
      profile: page.profile,
      progressed_at: now,
    })
    .where('id', '=', run.id)
    .where('page_no', '=', run.pageNo)
    .where('state', '=', 'reading')
    .executeTakeFirst();
  if (Number(moved.numUpdatedRows) !== 1) {
    throw new Problem({
      code: 'run-taken-over',
      message: `Another worker has taken over sync run ${run.id}; this one stops.`,
    });
  }
  await trx.insertInto('sync_pages').values({ run_id: run.id, page_no: page.pageNo, seen: page.seen }).execute();
}

/**
 * Records the client that a run of one client has read: its PIMS id, in the column where other runs store their cursor.
 * Staff may have entered another number, or spelled it differently from the PIMS.
 */
export async function noteClientRead(trx: DatabaseTransaction, runId: string, pimsId: string): Promise<void> {
  await trx.updateTable('sync_runs').set({ next_cursor: pimsId }).where('id', '=', runId).execute();
}

/** Moves a run past its safety stop to evaluating, or ends it as done. Keeps the pages' seen marks until the run is done. */
export async function setRunState(
  db: Database,
  runId: string,
  state: 'evaluating' | 'done',
  counts: SyncCounts,
  now: Date,
): Promise<void> {
  await db
    .updateTable('sync_runs')
    .set({
      state,
      counts: JSON.stringify(counts),
      progressed_at: now,
      passed_safety_stop: 1,
      ...(state === 'done' ? { finished_at: now, active_practice: null } : {}),
    })
    .where('id', '=', runId)
    .where('state', 'in', ['reading', 'evaluating', 'stopped'])
    .execute();
  if (state === 'done') await db.deleteFrom('sync_pages').where('run_id', '=', runId).execute();
}

/** Records an error. `final` ends the run; otherwise it stays open and the queue retries it. */
export async function recordFailure(
  db: Database,
  runId: string,
  error: unknown,
  final: boolean,
  now: Date,
): Promise<void> {
  await db
    .updateTable('sync_runs')
    .set({
      error_code: codeOf(error),
      error_message: scrub(error instanceof Error ? error.message : String(error)),
      error_help: (isProblem(error) && error.help) || null,
      ...(final ? { state: 'failed', finished_at: now, active_practice: null } : {}),
    })
    .where('id', '=', runId)
    .where('state', 'in', ['queued', 'reading', 'evaluating'])
    .execute();
}
