import { sql } from 'kysely';
import type { Clock, NewId } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import type { Drift } from '../../domain/client/drift.js';
import { camelCased, type CamelCased } from '../db/camel-case.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { Row, SyncKind, SyncState } from '../db/tables.js';

export type { SyncKind, SyncState };

/** The counts of a run so far, in rows of the PIMS unless noted otherwise. */
export interface SyncCounts {
  read: number;
  new: number;
  changed: number;
  unchanged: number;
  returned: number;
  conflicts: number;
  /** Read but not stored: people who were erased at their request, and duplicate rows. */
  leftOut: number;
  unreadable: number;
  /** Unreadable rows that could belong to any client; with one of them, no client is marked as missing. */
  hidden: number;
  missing: number;
  /** Accounts created and Welcome Emails queued by this run. */
  accounts: number;
  messages: number;
  /** Clients evaluated by this run, by reason code. */
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
  missing: 0,
  accounts: 0,
  messages: 0,
  reasons: {},
};

/** A run, with its counts and its drift parsed. */
export interface SyncRun extends Omit<
  CamelCased<Row<'sync_runs'>>,
  'nextCursor' | 'readAll' | 'counts' | 'drift' | 'errorCode' | 'errorMessage' | 'errorHelp'
> {
  /** Where the run continues; of a run of one client, the client's id once it was found. */
  cursor: string | null;
  readAll: boolean;
  counts: SyncCounts;
  /** Null until a full scan has compared the fields with the scan before. */
  drift: readonly Drift[] | null;
  /** Why the run stopped, or why it is retried. */
  error: { code: string; message: string | null; help: string | null } | null;
}

export interface SyncRequest {
  practiceId: string;
  kind: SyncKind;
  /** The requester, as the history shows it. */
  by: string;
  /** For a nightly run: the practice's local date it belongs to. */
  nightlyDate?: string;
  /** For a run of one client: the reference that staff entered to find the client. */
  clientReference?: string;
  /** The person who checked a run stopped by the safety stop and released it. */
  safetyStopReleasedBy?: string;
}

/**
 * Opens a run, or joins the active one: a practice never has two. If a resync is running, it also counts as the nightly
 * run; a release of the safety stop applies to the joined run. The caller then enqueues the job.
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
      message: 'A client number has at most 128 characters.',
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
  // The conflicting run has ended in the meantime, so a new one can start.
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
    // The run has just stopped or ended: the release applies to a run of its own.
    if (Number(numUpdatedRows) === 0) return requestSync(db, request, newId, clock);
  }
  return { runId: other.id, joined: true };
}

/** Finds a run; null if it is no longer in the database. */
export async function findRun(db: Database | DatabaseTransaction, runId: string): Promise<SyncRun | null> {
  const raw = await db.selectFrom('sync_runs').selectAll().where('id', '=', runId).executeTakeFirst();
  return raw ? asRun(raw) : null;
}

/** Loads a run. @throws Problem `run-unknown` */
export async function loadRun(db: Database | DatabaseTransaction, runId: string): Promise<SyncRun> {
  const run = await findRun(db, runId);
  if (!run) throw new Problem({ code: 'run-unknown', message: `There is no sync run ${runId}.` });
  return run;
}

/** Tells whether a run that reads every client is done: ever, or one requested after a time. */
export async function wasSynced(db: Database, practiceId: string, after?: Date): Promise<boolean> {
  const done = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .where('state', '=', 'done')
    .$if(after !== undefined, (runs) => runs.where('requested_at', '>', after as Date))
    .limit(1)
    .executeTakeFirst();
  return done !== undefined;
}

/** Returns the statistics of the full scan before a run; undefined if there is none. */
export async function previousProfile(
  db: Database,
  run: SyncRun,
): Promise<Pick<Row<'sync_runs'>, 'profile'> | undefined> {
  return db
    .selectFrom('sync_runs')
    .select('profile')
    .where('practice_id', '=', run.practiceId)
    .where('state', '=', 'done')
    .where('kind', '!=', 'client')
    .where('id', '!=', run.id)
    .orderBy('requested_at', 'desc')
    .executeTakeFirst();
}

/** Lists the latest runs of a practice, newest first; includes runs of one client only on request. */
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

function asRun(row: Row<'sync_runs'>): SyncRun {
  const { nextCursor: cursor, errorCode: code, errorMessage: message, errorHelp: help, ...run } = camelCased(row);
  return {
    ...run,
    cursor,
    readAll: run.readAll === 1,
    counts: { ...noCounts, ...(JSON.parse(run.counts) as Partial<SyncCounts>) },
    drift: run.drift === null ? null : (JSON.parse(run.drift) as Drift[]),
    error: code === null ? null : { code, message, help },
  };
}
