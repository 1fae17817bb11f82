import type { Database } from '../db/database.js';
import { readSendingState, type MailStop } from './sending-state.js';
import type { MessageStatus } from '../db/tables.js';

/** Why a practice's owed emails do or do not go, as facts; computed when someone looks. */
export interface EmailFlow {
  /** Amazon SES takes nothing from anyone. */
  stop: MailStop | null;
  paused: { since: Date; why: string; by: string } | null;
  /** The careful first campaign: emails that may be out by now, whether all of them are, and until when they are watched. */
  careful: { step: number; usedUp: boolean; watchedUntil: Date | null } | null;
  /** What SES allows in 24 hours is used up, as far as we have heard. */
  dayUsedUp: boolean;
}

export interface MailStatus extends EmailFlow {
  /** How many emails are in each state; states without any are left out. */
  counts: Partial<Record<MessageStatus, number>>;
}

export async function mailStatus(db: Database, practiceId: string): Promise<MailStatus> {
  const counts = await db
    .selectFrom('messages')
    .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', practiceId)
    .groupBy('state')
    .execute();
  return {
    counts: Object.fromEntries(counts.map(({ state, count }) => [state, Number(count)])),
    ...(await emailFlow(db, practiceId)),
  };
}

/** A few rows, however many emails there are. */
export async function emailFlow(db: Database, practiceId: string): Promise<EmailFlow> {
  const practice = await db
    .selectFrom('practices as p')
    .leftJoin('fair_queue as t', 't.practice_id', 'p.id')
    .select(['p.email_paused_at', 'p.email_pause_reason', 'p.email_paused_by'])
    .select(['t.step', 't.allowance', 't.watch_until'])
    .where('p.id', '=', practiceId)
    .executeTakeFirst();
  const { stop, quota } = await readSendingState(db);
  return {
    stop,
    paused: practice?.email_paused_at
      ? {
          since: practice.email_paused_at,
          why: practice.email_pause_reason ?? '',
          by: practice.email_paused_by ?? '',
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
