import type { Row, MessageStatus } from '../db/tables.js';

/**
 * Where a person is on the way from a row in the PIMS to a used account; one at a time. `waiting` is for the practice's
 * approval, `started` has used the temporary password and not yet set one of their own.
 */
export type PetParentState =
  'on-hold' | 'not-invited' | 'waiting' | 'sending' | 'invited' | 'bounced' | 'expired' | 'started' | 'active';

export interface StateFacts {
  verdict: Row<'pims_clients'>['verdict'];
  account: { firstLoginAt: Date | null; confirmedAt: Date | null; hasPassword: boolean } | null;
  credential: { expiresAt: Date; clearedAt: Date | null } | null;
  /** The state of the newest mail of this practice that carried a way in. */
  mail: MessageStatus | null;
}

/** Emails that did not reach the person. */
export const lostMessages = ['bounced', 'complained', 'rejected', 'failed'] as const satisfies readonly MessageStatus[];

/** Emails that are still on our side. */
export const pendingMessages: readonly MessageStatus[] = ['queued', 'sending', 'uncertain'];

export function petParentState(facts: StateFacts, now: Date): PetParentState {
  const { account, credential, mail } = facts;
  if (!account) {
    if (facts.verdict === 'invite') return 'waiting';
    return facts.verdict === 'skip' ? 'not-invited' : 'on-hold';
  }
  // A Pet App that does its own log-in keeps the password and says only that the person was there.
  if (account.hasPassword || account.confirmedAt) return 'active';
  if (account.firstLoginAt) return 'started';
  if (mail && (lostMessages as readonly MessageStatus[]).includes(mail)) return 'bounced';
  if (mail && pendingMessages.includes(mail)) return 'sending';
  if (!credential || credential.clearedAt || credential.expiresAt <= now) return 'expired';
  return 'invited';
}
