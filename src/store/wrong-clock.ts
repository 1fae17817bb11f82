import { sql } from 'kysely';
import type { Database } from './database.js';

/**
 * A time further ahead than this was written by a machine whose clock was wrong for a while: nothing may wait for it to
 * come. Ten minutes are far more than clocks that are kept in step differ by.
 */
export const mostAheadMs = 10 * 60_000;

/** The time by the database's clock: the one that all processes share, whatever their own machines say. */
export async function sharedTime(db: Database): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT UTC_TIMESTAMP(3) AS now`.execute(db);
  return (rows[0] as { now: Date }).now;
}
