import type { Database, DatabaseTransaction } from '../db/database.js';

/** Who or what pauses: a person's name, or `brake` (bounces and complaints) or `ses`. */
export interface Pause {
  why: string;
  by: string;
  /** A pause by this one is taken over, since it would end by itself. */
  insteadOf?: string;
}

/** Stops a practice's campaigns. What a person asked to be sent singly stops too; a password reset does not. */
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
