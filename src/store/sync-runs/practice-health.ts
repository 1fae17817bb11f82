import { sql } from 'kysely';
import type { Database } from '../db/database.js';
import type { SyncState } from '../db/tables.js';

/** The health of a practice: its latest sync run and its latest completed one. */
export interface PracticeHealth {
  id: string;
  name: string;
  createdAt: Date;
  emailPausedAt: Date | null;
  /** Of the latest run; null if there is none. */
  state: SyncState | null;
  errorCode: string | null;
  errorMessage: string | null;
  progressedAt: Date | null;
  requestedAt: Date;
  /** The latest completed run; null if there is none. */
  done: { startedAt: Date | null; finishedAt: Date; read: number } | null;
}

/** Reads the health of practices; two index lookups per practice, regardless of the number of runs and clients. */
export async function practiceHealth(db: Database, practices: readonly string[]): Promise<PracticeHealth[]> {
  if (practices.length === 0) return [];
  const latest = (done: string) => sql`(SELECT r.id FROM sync_runs r
    WHERE r.practice_id = p.id AND r.kind <> 'client' ${sql.raw(done)} ORDER BY r.requested_at DESC LIMIT 1)`;
  type Done = { doneAt: Date | null; doneStarted: Date | null; doneCounts: string | null };
  const { rows } = await sql<Omit<PracticeHealth, 'done'> & Done>`
    SELECT p.id, p.name, p.created_at AS createdAt, p.email_paused_at AS emailPausedAt, l.state,
      l.error_code AS errorCode, l.error_message AS errorMessage, l.progressed_at AS progressedAt,
      l.requested_at AS requestedAt, d.finished_at AS doneAt, d.started_at AS doneStarted, d.counts AS doneCounts
    FROM practices p
    LEFT JOIN sync_runs l ON l.id = ${latest('')}
    LEFT JOIN sync_runs d ON d.id = ${latest("AND r.state = 'done'")}
    WHERE p.id IN (${sql.join([...practices])})`.execute(db);
  return rows.map(({ doneAt, doneStarted, doneCounts, ...row }) => {
    const { read = 0 } = JSON.parse(doneCounts ?? '{}') as { read?: number };
    return { ...row, done: doneAt && { startedAt: doneStarted, finishedAt: doneAt, read } };
  });
}

/** Tells whether a run is failing: an open run with an error is between two attempts. */
export function isFailing({ state, errorCode }: Pick<PracticeHealth, 'state' | 'errorCode'>): boolean {
  return state !== null && state !== 'done' && errorCode !== null;
}
