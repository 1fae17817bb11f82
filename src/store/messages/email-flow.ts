import type { Database, DatabaseTransaction } from '../db/database.js';
import { readSendingState, type MailStop } from './sending-state.js';

/** The facts that decide whether a practice's queued emails are sent; computed on demand. */
export interface EmailFlow {
  /** Set while Amazon SES refuses all emails of the account. */
  stop: MailStop | null;
  paused: { since: Date; why: string; by: string } | null;
  /**
   * The rollout: emails that may have been sent by now, whether its allowance is used up, and the end of the watch
   * period.
   */
  careful: { step: number; usedUp: boolean; watchedUntil: Date | null } | null;
  /** The SES quota for 24 hours is used up, according to the last reading. */
  dayUsedUp: boolean;
}

/** Reads the email flow from a few rows, regardless of the number of messages. */
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

/**
 * The reason and the author of a pause: a person's name, the code of the safety stop (bounces and complaints), or
 * `ses`.
 */
export interface Pause {
  why: string;
  by: string;
  /** Replaces a pause by this author, because that pause would end without a person. */
  insteadOf?: string;
}

/** Pauses a practice's campaigns. Single emails that staff requested are paused too; password resets are not. */
export async function pausePractice(
  db: Database | DatabaseTransaction,
  practiceId: string,
  { why, by, insteadOf }: Pause,
  now: Date,
): Promise<void> {
  await db
    .updateTable('practices')
    .set({ email_paused_at: now, email_pause_reason: why.slice(0, 500), email_paused_by: by.slice(0, 200) })
    .where('id', '=', practiceId)
    .where((eb) =>
      eb.or([
        eb('email_paused_at', 'is', null),
        ...(insteadOf === undefined ? [] : [eb('email_paused_by', '=', insteadOf)]),
      ]),
    )
    .execute();
}
