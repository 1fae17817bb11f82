import { openStatuses } from '../../domain/message/message-status.js';
import type { Visibility } from '../../domain/account/visibility.js';
import type { Row, MessageStatus } from '../db/tables.js';

/**
 * A person's progress from a row in the PIMS to a used account. `waiting` means waiting for the practice's approval;
 * `started` means logged in with the temporary password without having set a password yet.
 */
export type PetParentState =
  'on-hold' | 'not-invited' | 'waiting' | 'sending' | 'invited' | 'bounced' | 'expired' | 'started' | 'active';

export interface StateFacts {
  verdict: Row<'pims_clients'>['verdict'];
  account: { firstLoginAt: Date | null; confirmedAt: Date | null; hasPassword: boolean } | null;
  password: Visibility;
  /** The status of this practice's newest message that contained a login. */
  mail: MessageStatus | null;
}

/** Statuses of messages that did not reach the person. */
export const lostMessages = ['bounced', 'complained', 'rejected', 'failed'] as const satisfies readonly MessageStatus[];

export function petParentState(facts: StateFacts): PetParentState {
  const { account, password, mail } = facts;
  if (!account) {
    if (facts.verdict === 'invite') return 'waiting';
    return facts.verdict === 'skip' ? 'not-invited' : 'on-hold';
  }
  // A Pet App with its own login keeps the password itself and reports only that the person logged in.
  if (account.hasPassword || account.confirmedAt) return 'active';
  if (account.firstLoginAt) return 'started';
  if (mail && (lostMessages as readonly MessageStatus[]).includes(mail)) return 'bounced';
  if (mail && openStatuses.includes(mail)) return 'sending';
  return password === 'visible' ? 'invited' : 'expired';
}
