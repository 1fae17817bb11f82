import { idAt } from '../../lib/ids.js';
import type { Database } from '../db/database.js';

/** Returns the ids of open runs without progress since a time. */
export async function stuckRuns(db: Database, since: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('state', 'in', ['queued', 'reading', 'evaluating'])
    .where((eb) => eb(eb.fn.coalesce('progressed_at', 'requested_at'), '<', since))
    .execute();
  return rows.map(({ id }) => id);
}

/** Returns the nightly syncs of these local dates that have a run. */
export async function nightlyRuns(
  db: Database,
  dates: readonly string[],
): Promise<{ practiceId: string; date: string | null }[]> {
  return db
    .selectFrom('sync_runs')
    .select(['practice_id as practiceId', 'nightly_date as date'])
    .where('nightly_date', 'in', dates)
    .execute();
}

/** Counts the practices among these whose run is reading and has progressed since a time. */
export async function countReading(db: Database, practiceIds: readonly string[], since: Date): Promise<number> {
  const { n } = await db
    .selectFrom('sync_runs')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('active_practice', 'in', practiceIds)
    .where('state', '=', 'reading')
    .where('progressed_at', '>', since)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Returns practices whose nightly sync waits to start and that were read completely before, at most `limit`. */
export async function practicesWaiting(db: Database, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('sync_runs as waiting')
    .select('waiting.practice_id')
    .where('waiting.active_practice', 'is not', null)
    .where('waiting.state', '=', 'queued')
    .where('waiting.kind', '=', 'nightly')
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('sync_runs as earlier')
          .select('earlier.id')
          .whereRef('earlier.practice_id', '=', 'waiting.practice_id')
          .where('earlier.kind', '!=', 'client')
          .where('earlier.state', '=', 'done'),
      ),
    )
    .limit(limit)
    .execute();
  return rows.map(({ practice_id }) => practice_id);
}

/** Counts the runs created since a time, by practice and state. */
export async function countRuns(
  db: Database,
  since: Date,
): Promise<{ practiceId: string; state: string; count: number }[]> {
  // Ids start with their creation time: this is a range of the primary key, not a scan of all runs.
  const rows = await db
    .selectFrom('sync_runs')
    .select((eb) => ['practice_id as practiceId', 'state', eb.fn.countAll<number>().as('count')])
    .where('id', '>=', idAt(since))
    .groupBy(['practice_id', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
