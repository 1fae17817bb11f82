import type { Decision } from './eligibility.js';
import type { MessageKind } from '../message/message.js';

export type LinkReason = 'new-account' | 'same-email' | 'email-changed' | 'merged';

/** Things only a person can settle. */
export type TaskKind =
  | 'identity-conflict'
  | 'duplicate-suspect'
  | 'confirm-join'
  | 'email-differs'
  | 'bounced-email'
  | 'malformed-email'
  | 'unknown-status'
  | 'undone-in-pims'
  | 'merged-two-accounts'
  | 'merged-staff-link';

export interface PlannedDecision {
  pimsId: string;
  decision: Decision;
  /** Verdict or reason differ from the previous decision. */
  changed: boolean;
}

export interface NewAccount {
  id: string;
  email: string;
  emailKey: string;
  firstName: string | null;
  lastName: string | null;
  /** E.164. */
  phone: string | null;
  /** The client it is made for. */
  pimsId: string;
}

/** Puts a client on an account; `from` is the account it leaves, whose link ends. */
export interface PlannedLink {
  pimsId: string;
  accountId: string;
  from: string | null;
  reason: LinkReason;
  /** Why linked, for staff. */
  sentence: string;
}

export interface PlannedUnlink {
  pimsId: string;
  accountId: string;
  reason: 'merged' | 'address-corrected';
  sentence: string;
}

/** The account takes this address; its former temporary password is dead and `freshPasswords` names it. */
export interface EmailMove {
  accountId: string;
  /** The client whose row changed. */
  pimsId: string;
  /** The email key it leaves. */
  from: string;
  email: string;
  emailKey: string;
}

export interface PlannedMessage {
  id: string;
  accountId: string;
  practiceId: string;
  pimsId: string;
  kind: MessageKind;
}

export interface CanceledMessage {
  id: string;
  /** A code of `mail-reasons.ts`. */
  reason: string;
  /** For staff. */
  sentence: string;
}

export interface PlannedTask {
  kind: TaskKind;
  pimsId: string;
  /** For staff: what is odd, what to do. */
  sentence: string;
  details: Record<string, string>;
}

/**
 * What one transaction of the store performs. Settling again after it gives the same decisions and nothing else.
 * Perform in this order: new accounts, email moves, unlinks, links, fresh passwords, left, superseded, withdrawn, welcomes.
 */
export interface EvaluationPlan {
  /** One for each client of the batch, in the batch's order. */
  decisions: PlannedDecision[];
  newAccounts: NewAccount[];
  links: PlannedLink[];
  unlinks: PlannedUnlink[];
  emailMoves: EmailMove[];
  /** Account ids: new ones, moved ones, and those that are offered a Welcome Email and have no living password. */
  newPasswords: string[];
  /** Account ids that nobody logged in to and no client has any more: their temporary passwords are destroyed. */
  left: string[];
  /** Existing accounts for which all this is right only as long as nobody has logged in to them. */
  presumedUnused: string[];
  messages: PlannedMessage[];
  /** Owed, not yet handed over, no longer right. */
  canceled: CanceledMessage[];
  /** Welcome ids whose account has left the address they were for. */
  superseded: string[];
  tasks: PlannedTask[];
  /** No longer true. */
  closedTasks: { kind: TaskKind; pimsId: string }[];
  /** Clients outside this batch, in any practice, to mark waiting for evaluation because of it. */
  recheck: { practiceId: string; pimsId: string }[];
}
