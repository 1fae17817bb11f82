import { sql } from 'kysely';
import type { Clock } from '../../lib/ids.js';
import type { Database } from './database.js';

const lookEveryMs = 60_000;
/** Less than this is the way to the database and back; following it would have time run backwards now and then. */
const smallMs = 250;

export interface SharedClock {
  now: Clock;
  /** Takes the time from the database now, and again each minute until `stop`. @throws when the database does not answer */
  keep(): Promise<void>;
  stop(): void;
}

/**
 * The time of all processes is the database's. Between two looks at it each goes by its own steady clock, which nobody
 * sets; so a machine whose clock is wrong, or is put right, dates no night, mail or password wrongly. Before the first
 * look it is the machine's.
 */
export function createSharedClock(db: Database): SharedClock {
  let began = Date.now() - performance.now();
  let timer: NodeJS.Timeout | undefined;
  const time = (): number => began + performance.now();
  async function look(): Promise<void> {
    const asked = performance.now();
    const { rows } = await sql<{ now: Date }>`SELECT UTC_TIMESTAMP(3) AS now`.execute(db);
    const answered = performance.now();
    const ahead = (rows[0] as { now: Date }).now.getTime() - (began + (asked + answered) / 2);
    if (Math.abs(ahead) > smallMs) began += ahead;
  }
  return {
    now: () => new Date(time()),
    async keep() {
      await look();
      // A database that is away has no time to tell; the steady clock goes on.
      timer ??= setInterval(() => void look().catch(() => undefined), lookEveryMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}
