import type { Database, DatabaseTransaction } from '../db/database.js';

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
