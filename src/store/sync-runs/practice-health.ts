import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { SyncState } from '../db/tables.js';

/** The health of a practice: its latest sync run and its latest completed one. */
export interface PracticeHealth {
  id: string;
  name: string;
  created_at: Date;
  email_paused_at: Date | null;
  /** The latest run's id; null if there is none. */
  run_id: string | null;
  state: SyncState | null;
  error_code: string | null;
  error_message: string | null;
  progressed_at: Date | null;
  requested_at: Date;
  done_at: Date | null;
  done_started: Date | null;
  done_counts: string | null;
}

/** Reads the health of practices; two index lookups per practice, regardless of the number of runs and clients. */
export async function practiceHealth(db: Database, practices: readonly string[]): Promise<PracticeHealth[]> {
  if (practices.length === 0) return [];
  const latest = (done: string) => sql`(SELECT r.id FROM sync_runs r
    WHERE r.practice_id = p.id AND r.kind <> 'client' ${sql.raw(done)} ORDER BY r.requested_at DESC LIMIT 1)`;
  const { rows } = await sql<PracticeHealth>`
    SELECT p.id, p.name, p.created_at, p.email_paused_at, l.id AS run_id, l.state, l.error_code, l.error_message,
      l.progressed_at, l.requested_at,
      d.finished_at AS done_at, d.started_at AS done_started, d.counts AS done_counts
    FROM practices p
    LEFT JOIN sync_runs l ON l.id = ${latest('')}
    LEFT JOIN sync_runs d ON d.id = ${latest("AND r.state = 'done'")}
    WHERE p.id IN (${sql.join([...practices])})`.execute(db);
  return rows;
}

/** Tells whether a run is failing: an open run with an error is between two attempts. */
export function isFailing({ state, error_code: code }: Pick<PracticeHealth, 'state' | 'error_code'>): boolean {
  return state !== null && state !== 'done' && code !== null;
}
