import type { Decision } from './eligibility.js';
import type { InvitationKind } from '../message/message-kinds.js';

export type LinkReason = 'new-account' | 'same-email' | 'email-changed' | 'merged';

/** The kinds of tasks for staff. */
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
  /** True if the verdict or the reason differs from the previous decision. */
  changed: boolean;
}

interface NewAccount {
  id: string;
  email: string;
  emailKey: string;
  firstName: string | null;
  lastName: string | null;
  /** E.164. */
  phone: string | null;
  /** The client for which the account is created. */
  pimsId: string;
}

/** Links a client to an account. `from` is the account it leaves; that link ends. */
export interface PlannedLink {
  pimsId: string;
  accountId: string;
  from: string | null;
  reason: LinkReason;
  /** For staff: why the client was linked. */
  sentence: string;
}

export interface PlannedUnlink {
  pimsId: string;
  accountId: string;
  reason: 'merged' | 'address-corrected';
  sentence: string;
}

/** Gives an account a new address. Its former temporary password ends, and `newPasswords` lists the account. */
interface EmailMove {
  accountId: string;
  /** The client whose record changed. */
  pimsId: string;
  /** The account's former email key. */
  from: string;
  email: string;
  emailKey: string;
}

interface PlannedMessage {
  id: string;
  accountId: string;
  practiceId: string;
  pimsId: string;
  kind: InvitationKind;
}

export interface CanceledMessage {
  id: string;
  /** A code of `message-reasons.ts`, or a decision's reason. */
  reason: string;
  /** For staff. */
  sentence: string;
}

export interface PlannedTask {
  kind: TaskKind;
  pimsId: string;
  /** For staff: the problem and the next step. */
  sentence: string;
  details: Record<string, string>;
}

/**
 * The changes that the store makes in one transaction. A second evaluation after it gives the same decisions and no
 * further changes. The store must keep this order: new accounts, email moves, unlinks, links, new passwords, `left`,
 * `superseded`, `canceled`, messages.
 */
export interface EvaluationPlan {
  /** One for each client of the batch, in the batch's order. */
  decisions: PlannedDecision[];
  newAccounts: NewAccount[];
  links: PlannedLink[];
  unlinks: PlannedUnlink[];
  emailMoves: EmailMove[];
  /**
   * Ids of accounts that need a password: new ones, moved ones, and those due a Welcome Email without a valid password.
   */
  newPasswords: string[];
  /** Ids of accounts never logged in to that no client has any more. The store clears their temporary passwords. */
  left: string[];
  /** Ids of existing accounts for which the plan is right only if nobody has logged in to them meanwhile. */
  presumedUnused: string[];
  messages: PlannedMessage[];
  /** Queued emails to cancel: not yet handed over, and no longer right. */
  canceled: CanceledMessage[];
  /** Ids of messages for an address that their account no longer has. */
  superseded: string[];
  tasks: PlannedTask[];
  /** Open tasks whose problem no longer exists. */
  closedTasks: { kind: TaskKind; pimsId: string }[];
  /** Clients outside this batch, in any practice, that need evaluation because of this plan. */
  recheck: { practiceId: string; pimsId: string }[];
}
