import type { Client } from '../client/client.js';
import type { DriftHold } from './drift-hold.js';
import type { Decision, Suppression, DuplicateSuspect } from './eligibility.js';
import type { NewId } from '../../lib/ids.js';
import type { Person } from '../client/person.js';
import type { InvitePolicy } from './policy.js';
import type { ReasonCode } from './reasons.js';
import type { UndoneFact } from './undone-facts.js';
import type { TaskKind } from './evaluation-plan.js';
import type { PausableKind } from '../message/message-kinds.js';
import type { MessageStatus } from '../message/message-status.js';

/**
 * The connection of a client with an account, made by staff or by a rule. A rule never changes a link made by staff.
 */
export interface Link {
  accountId: string;
  by: 'rule' | 'staff';
  /** A `LinkReason`. */
  reason?: string;
}

/** Staff took a client off an account: no rule links it to that account or invites it to that account's address. */
export interface Refusal {
  accountId: string;
  /** The account's email key at that moment. */
  emailKey: string;
}

/** One client as last read, with the related facts. */
export interface ClientFacts {
  pimsId: string;
  client: Client;
  person: Person;
  missing: boolean;
  identityConflict: boolean;
  mergedInto: string | null;
  /** Other living clients of this practice with the same `person.duplicateKey`. */
  duplicates: readonly DuplicateSuspect[];
  link: Link | null;
  /** Accounts that do not belong to this client, as staff said. */
  refused: readonly Refusal[];
  /** Hold reasons that staff have overruled for this client. */
  allowed: readonly ReasonCode[];
  /** Facts that the PIMS stated about this client and no longer states. */
  undone: readonly UndoneFact[];
  /** The kinds of tasks that are open for this client. */
  openTasks: readonly TaskKind[];
  previousDecision: Pick<Decision, 'verdict' | 'reason'> | null;
}

/** One client, of any practice, that is linked to an account. */
export interface AccountLink {
  practiceId: string;
  pimsId: string;
  /** The login key in that client's record as last read. */
  loginKey: string | null;
  /** False if the client is missing or the PIMS marks it as deleted. */
  living: boolean;
  by: Link['by'];
}

export interface AccountMessage {
  /** Later emails have greater ids. */
  id: string;
  practiceId: string;
  /** Empty for an email to the account itself rather than to one of its clients. */
  pimsId: string;
  /**
   * `new-temporary-password` carries the login, as a Welcome Email does. Only a person can request it, never a rule.
   */
  kind: PausableKind;
  state: MessageStatus;
  /** The email was for an address that the account no longer has. */
  superseded: boolean;
  /** True if a person asked for the email, false if a rule queued it. */
  askedFor: boolean;
}

export interface AccountFacts {
  id: string;
  email: string;
  emailKey: string;
  firstLoginAt: Date | null;
  closedAt: Date | null;
  /** A temporary password exists and has not expired. */
  hasLivingPassword: boolean;
  /** All links, in every practice. */
  links: readonly AccountLink[];
  /** All messages, in every practice. */
  messages: readonly AccountMessage[];
  /** Set for each account of `accountsInQuestion`. */
  known?: KnownOfAccount;
}

/**
 * Facts about the person who uses an account: the details they confirmed, and the records with the account's address
 * and their last name. Links are excluded, because they change during evaluation and the order of clients would matter.
 */
export interface KnownOfAccount {
  lastName: string | null;
  /** Digits only. */
  phones: readonly string[];
  /** PIMS ids of the pets in their records at this practice. */
  pets: readonly string[];
  /** PIMS ids of this practice's pets that the person has confirmed. */
  confirmedPets: readonly string[];
  /** At least one of those records exists and was not merged into another. */
  hasRecord: boolean;
}

/** The number of living client records that have an address as their login key. */
export interface AddressCount {
  /** In this practice. */
  here: number;
  /** In all practices, this one included. */
  anywhere: number;
}

/**
 * The input of `evaluate`. Two things must be complete, or decisions would rest on partial facts:
 * - merges: a batch with a client also contains the client it was merged into, and every client that was merged into it
 *   and needs evaluation or is still linked; likewise along a chain of merges;
 * - `accounts`: each account linked to a client of the batch, each account with one of their login keys, and each
 *   account with a queued or recalled message for one of them (the client may be linked to another account by now).
 */
export interface EvaluationBatch {
  practice: {
    id: string;
    policy: InvitePolicy;
    /** The PIMS fields that drifted; empty if none is held. */
    driftHold: DriftHold;
  };
  /** The practice's calendar date, `YYYY-MM-DD`. */
  today: string;
  newId: NewId;
  clients: readonly ClientFacts[];
  accounts: readonly AccountFacts[];
  /** For each login key of the clients and each email key of the accounts. A missing key counts as 0 clients. */
  addresses: ReadonlyMap<string, AddressCount>;
  /** For the same keys. */
  suppressed: ReadonlyMap<string, Suppression>;
}
