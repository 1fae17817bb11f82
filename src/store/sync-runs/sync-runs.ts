import { sql } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { codeOf, isProblem, Problem } from '../../lib/problem.js';
import { scrub } from '../../lib/scrub.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { Row, SyncKind, SyncState } from '../db/tables.js';

/** What a run has counted so far; rows of the PIMS unless it says otherwise. */
export interface SyncCounts {
  read: number;
  new: number;
  changed: number;
  unchanged: number;
  returned: number;
  conflicts: number;
  /** Read and not kept: people who were erased at their request, and a row that came twice. */
  leftOut: number;
  unreadable: number;
  /** Those of the unreadable rows that may be anybody's: with one of them nobody is taken for absent. */
  hidden: number;
  vanished: number;
  /** Accounts created and welcomes owed by this run. */
  accounts: number;
  messages: number;
  /** Clients decided by this run, by reason code. */
  reasons: Record<string, number>;
}

export const noCounts: SyncCounts = {
  read: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  returned: 0,
  conflicts: 0,
  leftOut: 0,
  unreadable: 0,
  hidden: 0,
  vanished: 0,
  accounts: 0,
  messages: 0,
  reasons: {},
};

/** A run with its JSON parsed; `raw` is the row. */
export interface SyncRun {
  id: string;
  practiceId: string;
  kind: SyncKind;
  state: SyncState;
  pageNo: number;
  cursor: string | null;
  readAll: boolean;
  counts: SyncCounts;
  raw: Row<'sync_runs'>;
}

export interface SyncRequest {
  practiceId: string;
  kind: SyncKind;
  /** Who asked, as the history shows it. */
  by: string;
  /** For a nightly run, the practice's local date it belongs to. */
  nightlyDate?: string;
  /** For a run of one client: what staff gave to find it by. */
  clientReference?: string;
  /** Who looked at a run that the safety stop stopped and said that it is right. */
  safetyStopReleasedBy?: string;
}

/**
 * Opens a run, or joins the one that is under way: a practice never has two. A night that finds a resync running is
 * served by it; the safety stop that somebody releases is released for the run they join. The caller then asks for the job.
 */
export async function requestSync(
  db: Database,
  request: SyncRequest,
  newId: NewId,
  clock: Clock,
): Promise<{ runId: string; joined: boolean }> {
  const { practiceId, kind, nightlyDate } = request;
  if (request.clientReference && request.clientReference.length > 128)
    throw new Problem({
      code: 'client-not-found',
      message: 'A client number of more than 128 characters is none.',
      help: 'Look the client up in the PIMS and give the number shown there.',
    });
  const id = newId();
  const inserted = await db
    .insertInto('sync_runs')
    .ignore()
    .values({
      id,
      practice_id: practiceId,
      kind,
      nightly_date: nightlyDate ?? null,
      client_reference: request.clientReference ?? null,
      state: 'queued',
      active_practice: kind === 'client' ? null : practiceId,
      requested_by: request.by,
      requested_at: clock(),
      counts: JSON.stringify(noCounts),
      started_at: null,
      finished_at: null,
      next_cursor: null,
      progressed_at: null,
      profile: null,
      drift: null,
      safety_stop_released_by: request.safetyStopReleasedBy ?? null,
      error_code: null,
      error_message: null,
      error_help: null,
    })
    .executeTakeFirst();
  if (Number(inserted.numInsertedOrUpdatedRows) > 0) return { runId: id, joined: false };

  const other = await db
    .selectFrom('sync_runs')
    .select(['id', 'nightly_date'])
    .where('practice_id', '=', practiceId)
    .where((eb) =>
      eb.or([eb('active_practice', '=', practiceId), ...(nightlyDate ? [eb('nightly_date', '=', nightlyDate)] : [])]),
    )
    .orderBy('active_practice', 'desc')
    .executeTakeFirst();
  // The run that was in the way has ended in the meantime: there is room now.
  if (!other) return requestSync(db, request, newId, clock);
  if (nightlyDate && other.nightly_date === null) {
    await sql`UPDATE IGNORE sync_runs SET nightly_date = ${nightlyDate} WHERE id = ${other.id}`.execute(db);
  }
  if (request.safetyStopReleasedBy) {
    const { numUpdatedRows } = await db
      .updateTable('sync_runs')
      .set({ safety_stop_released_by: request.safetyStopReleasedBy })
      .where('id', '=', other.id)
      .where('active_practice', '=', practiceId)
      .executeTakeFirst();
    // It has stopped or ended just now: the word counts for a run of its own.
    if (Number(numUpdatedRows) === 0) return requestSync(db, request, newId, clock);
  }
  return { runId: other.id, joined: true };
}

/** @throws Problem `run-unknown` */
export async function loadRun(db: Database | DatabaseTransaction, runId: string): Promise<SyncRun> {
  const raw = await db.selectFrom('sync_runs').selectAll().where('id', '=', runId).executeTakeFirst();
  if (!raw) throw new Problem({ code: 'run-unknown', message: `There is no sync run ${runId}.` });
  return asRun(raw);
}

/** Whether any whole pass over a practice was ever done. */
export async function wasEverSynced(db: Database, practiceId: string): Promise<boolean> {
  const done = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .where('state', '=', 'done')
    .limit(1)
    .executeTakeFirst();
  return done !== undefined;
}

/**
 * When the first run began that wrote something since a run last passed the safety stop: runs that failed wrote pages, too.
 *
 * @param began when the run at hand began
 */
export async function unprovenSince(db: Database, practiceId: string, began: Date): Promise<Date> {
  const { rows } = await sql<{ since: Date | null }>`
    SELECT MIN(r.started_at) AS since FROM sync_runs r
    JOIN (SELECT MAX(id) AS id FROM sync_runs
      WHERE practice_id = ${practiceId} AND kind <> 'client' AND state = 'done') d ON r.id > d.id
    WHERE r.practice_id = ${practiceId} AND r.kind <> 'client'`.execute(db);
  const since = rows[0]?.since ?? began;
  return since < began ? since : began;
}

/** The latest runs of a practice, newest first; runs of one client only when asked for. */
export async function latestRuns(
  db: Database,
  practiceId: string,
  limit: number,
  kinds: readonly SyncKind[] = ['nightly', 'resync'],
): Promise<SyncRun[]> {
  const rows = await db
    .selectFrom('sync_runs')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('kind', 'in', [...kinds])
    .orderBy('requested_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(asRun);
}

/** Marks a queued run as reading; a run that was interrupted goes on as it is. Clears the error of an earlier try. */
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
  /** How many pages are read with these. */
  pageNo: number;
  cursor: string | null;
  readAll: boolean;
  counts: SyncCounts;
  seen: Buffer;
  profile: string | null;
}

/**
 * Moves a run on by some pages, inside the transaction that writes the pages' rows.
 *
 * @throws Problem `run-taken-over` when another worker has moved it already; nothing of the page is then kept
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
      message: `Another worker goes on with sync run ${run.id}; this one leaves it alone.`,
    });
  }
  await trx.insertInto('sync_pages').values({ run_id: run.id, page_no: page.pageNo, seen: page.seen }).execute();
}

/**
 * Keeps which client a run of one has read: its key in the PIMS, in the place where other runs have their cursor. Staff
 * may have given the number they know, or typed it otherwise than the PIMS writes it.
 */
export async function noteClientRead(trx: DatabaseTransaction, runId: string, pimsId: string): Promise<void> {
  await trx.updateTable('sync_runs').set({ next_cursor: pimsId }).where('id', '=', runId).execute();
}

/** Moves a run to settling, or ends it as done. The pages' marks are kept until the run is done. */
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
      ...(state === 'done' ? { finished_at: now, active_practice: null } : {}),
    })
    .where('id', '=', runId)
    .where('state', 'in', ['reading', 'evaluating', 'stopped'])
    .execute();
  if (state === 'done') await db.deleteFrom('sync_pages').where('run_id', '=', runId).execute();
}

/** Keeps what went wrong. `final` ends the run; else it stays open and the queue tries again. */
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

/** Stops a run for a person to look at; nothing more happens until it is released or another run is asked for. */
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

/** Whether staff have said that what the safety stop would stop is right. Holds the run, so that they cannot say it meanwhile. */
export async function isSafetyStopReleased(trx: DatabaseTransaction, runId: string): Promise<boolean> {
  const run = await trx
    .selectFrom('sync_runs')
    .select('safety_stop_released_by')
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
  return run?.safety_stop_released_by != null;
}

function asRun(raw: Row<'sync_runs'>): SyncRun {
  return {
    id: raw.id,
    practiceId: raw.practice_id,
    kind: raw.kind,
    state: raw.state,
    pageNo: raw.page_no,
    cursor: raw.next_cursor,
    readAll: raw.read_all === 1,
    counts: { ...noCounts, ...(JSON.parse(raw.counts) as Partial<SyncCounts>) },
    raw,
  };
}
