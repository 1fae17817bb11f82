import { sql } from 'kysely';
import type { Clock } from '../../lib/ids.js';
import type { Database } from './database.js';

const lookEveryMs = 60_000;
/**
 * Ignores smaller differences: they are the round trip to the database, and following them would make time jump back.
 */
const smallMs = 250;

export interface SharedClock {
  now: Clock;
  /**
   * Reads the time from the database now, and again each minute until `stop`.
   *
   * @returns milliseconds by which the machine's clock is ahead of the database's; negative if it is behind
   * @throws if the database does not answer
   */
  keep(): Promise<number>;
  stop(): void;
}

/**
 * Creates a clock that follows the database's time, which all processes share. Between two reads each process uses its
 * own monotonic clock, which nobody can set. A machine whose clock is wrong, or is corrected, therefore never dates a
 * nightly sync, email or password wrongly. Before the first read it uses the machine's time.
 */
export function createSharedClock(db: Database): SharedClock {
  let began = Date.now() - performance.now();
  let timer: NodeJS.Timeout | undefined;
  const time = (): number => began + performance.now();
  async function look(): Promise<number> {
    const asked = performance.now();
    const { rows } = await sql<{ now: Date }>`SELECT UTC_TIMESTAMP(3) AS now`.execute(db);
    const answered = performance.now();
    const databaseBegan = (rows[0] as { now: Date }).now.getTime() - (asked + answered) / 2;
    if (Math.abs(databaseBegan - began) > smallMs) began = databaseBegan;
    return Date.now() - (databaseBegan + performance.now());
  }
  return {
    now: () => new Date(time()),
    async keep() {
      const aheadMs = await look();
      // If the database is unreachable, the monotonic clock continues.
      timer ??= setInterval(() => void look().catch(() => undefined), lookEveryMs).unref();
      return aheadMs;
    },
    stop: () => clearInterval(timer),
  };
}
