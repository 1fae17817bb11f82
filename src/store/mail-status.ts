import type { Database } from './database.js';
import { readLane, type MailStop } from './mail-lane.js';
import type { WelcomeState } from './tables.js';

/** Why a practice's owed mails do or do not go, as facts; computed when someone looks. */
export interface MailStatus {
  /** How many mails are in each state; states without any are left out. */
  counts: Partial<Record<WelcomeState, number>>;
  /** Amazon SES takes nothing from anyone. */
  stop: MailStop | null;
  paused: { since: Date; why: string; by: string } | null;
  /** The careful first wave: mails that may be out by now, and until when they are watched. */
  careful: { step: number; watchedUntil: Date | null } | null;
}

export async function mailStatus(db: Database, practiceId: string): Promise<MailStatus> {
  const counts = await db
    .selectFrom('welcomes')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', practiceId)
    .groupBy('state')
    .execute();
  const practice = await db
    .selectFrom('practices as p')
    .leftJoin('mail_turns as t', 't.practice_id', 'p.id')
    .select(['p.mail_paused_at', 'p.mail_paused_why', 'p.mail_paused_by', 't.step', 't.watch_until'])
    .where('p.id', '=', practiceId)
    .executeTakeFirst();
  const { stop } = await readLane(db);
  return {
    counts: Object.fromEntries(counts.map(({ state, count }) => [state, Number(count)])),
    stop,
    paused: practice?.mail_paused_at
      ? {
          since: practice.mail_paused_at,
          why: practice.mail_paused_why ?? '',
          by: practice.mail_paused_by ?? '',
        }
      : null,
    careful:
      practice && practice.step !== null ? { step: practice.step, watchedUntil: practice.watch_until } : null,
  };
}
