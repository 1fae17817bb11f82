import type { Database } from '../db/database.js';
import { readLane, type MailStop } from './sending-state.js';
import type { WelcomeState } from '../db/tables.js';

/** Why a practice's owed mails do or do not go, as facts; computed when someone looks. */
export interface MailFlow {
  /** Amazon SES takes nothing from anyone. */
  stop: MailStop | null;
  paused: { since: Date; why: string; by: string } | null;
  /** The careful first wave: mails that may be out by now, whether all of them are, and until when they are watched. */
  careful: { step: number; usedUp: boolean; watchedUntil: Date | null } | null;
  /** What SES allows in 24 hours is used up, as far as we have heard. */
  dayUsedUp: boolean;
}

export interface MailStatus extends MailFlow {
  /** How many mails are in each state; states without any are left out. */
  counts: Partial<Record<WelcomeState, number>>;
}

export async function mailStatus(db: Database, practiceId: string): Promise<MailStatus> {
  const counts = await db
    .selectFrom('welcomes')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', practiceId)
    .groupBy('state')
    .execute();
  return {
    counts: Object.fromEntries(counts.map(({ state, count }) => [state, Number(count)])),
    ...(await mailFlow(db, practiceId)),
  };
}

/** A few rows, however many mails there are. */
export async function mailFlow(db: Database, practiceId: string): Promise<MailFlow> {
  const practice = await db
    .selectFrom('practices as p')
    .leftJoin('mail_turns as t', 't.practice_id', 'p.id')
    .select(['p.mail_paused_at', 'p.mail_paused_why', 'p.mail_paused_by'])
    .select(['t.step', 't.allowance', 't.watch_until'])
    .where('p.id', '=', practiceId)
    .executeTakeFirst();
  const { stop, quota } = await readLane(db);
  return {
    stop,
    paused: practice?.mail_paused_at
      ? {
          since: practice.mail_paused_at,
          why: practice.mail_paused_why ?? '',
          by: practice.mail_paused_by ?? '',
        }
      : null,
    careful:
      practice && practice.step !== null
        ? {
            step: practice.step,
            usedUp: practice.allowance !== null && practice.allowance <= 0,
            watchedUntil: practice.watch_until,
          }
        : null,
    dayUsedUp: quota?.in24Hours != null && quota.sentIn24Hours >= quota.in24Hours,
  };
}
