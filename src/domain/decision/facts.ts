import type { Client } from '../client/client.js';
import type { DriftHold } from './drift-hold.js';
import type { Decision, Suppression, DuplicateSuspect } from './eligibility.js';
import type { NewId } from '../../lib/ids.js';
import type { Person } from '../client/person.js';
import type { InvitePolicy } from './policy.js';
import type { ReasonCode } from './reasons.js';
import type { UndoneFact } from './undone-facts.js';
import type { TaskKind } from './evaluation-plan.js';
import type { MessageKind, MessageStatus } from '../message/message.js';

/** What binds a client to an account, and whether staff or a rule made it. A link by staff is never changed by rule. */
export interface Link {
  accountId: string;
  by: 'rule' | 'staff';
  /** A `LinkReason`. */
  reason?: string;
}

/** Staff took a client's record off an account: no rule links it there, nor invites it to the address it was for. */
export interface Refusal {
  accountId: string;
  /** The account's email key when they said so. */
  emailKey: string;
}

/** One client as last seen, with what is known around it. */
export interface ClientFacts {
  pimsId: string;
  client: Client;
  person: Person;
  vanished: boolean;
  identityConflict: boolean;
  mergedInto: string | null;
  /** Other living clients of this practice with the same `person.duplicateKey`. */
  duplicates: readonly DuplicateSuspect[];
  link: Link | null;
  /** Accounts that staff said are not this client's. */
  refused: readonly Refusal[];
  /** Hold reasons that staff have overruled for this client. */
  allowed: readonly ReasonCode[];
  /** What the PIMS said of this client and no longer says. */
  undone: readonly UndoneFact[];
  /** The kinds of tasks now open for this client. */
  openTasks: readonly TaskKind[];
  previousDecision: Pick<Decision, 'verdict' | 'reason'> | null;
}

/** One client, of any practice, that an account is linked to. */
export interface AccountLink {
  practiceId: string;
  pimsId: string;
  /** The login key of that client's row as last seen. */
  loginKey: string | null;
  /** False when the row missing, or the PIMS marks it deleted. */
  living: boolean;
  by: Link['by'];
}

export interface AccountMessage {
  /** Later emails have greater ids. */
  id: string;
  practiceId: string;
  /** Empty for an email to the account rather than to one of its clients. */
  pimsId: string;
  /** A fresh password tells the log-in, as a Welcome Email does; only people ask for one. */
  kind: MessageKind | 'new-temporary-password';
  state: MessageStatus;
  /** It went, or was to go, to an address that the account has left since. */
  superseded: boolean;
  /** A person asked for it; else a rule offered it. */
  askedFor: boolean;
}

export interface AccountFacts {
  id: string;
  email: string;
  emailKey: string;
  firstLoginAt: Date | null;
  closedAt: Date | null;
  /** A temporary password exists and has not run out. */
  hasLivingPassword: boolean;
  /** All of them, in every practice. */
  links: readonly AccountLink[];
  /** All of them, in every practice. */
  messages: readonly AccountMessage[];
  /** For each of `accountsInQuestion`. */
  known?: KnownOfAccount;
}

/**
 * What is known of the person who uses an account: their own words, and the records with the account's address and their
 * last name. Not its links: those change while clients are evaluated, and the order would matter.
 */
export interface KnownOfAccount {
  lastName: string | null;
  /** Digits only. */
  phones: readonly string[];
  /** PIMS ids of the pets that this practice has of them. */
  pets: readonly string[];
  /** PIMS ids of this practice's pets that the person has confirmed. */
  confirmedPets: readonly string[];
  /** One of those records is there and was not merged into another. */
  hasRecord: boolean;
}

/** How many living client records have an address as their login key. */
export interface AddressCount {
  /** In this practice. */
  here: number;
  /** In all practices, this one included. */
  anywhere: number;
}

/**
 * What `settle` is given. Two things must be complete, or it would decide on half the truth:
 * - merges: a client comes in one batch with the client it was merged into, and with every client that was merged into
 *   it and is waiting for evaluation or still linked; so on along a chain of merges;
 * - `accounts`: each account linked to a client of the batch, each that owns one of their login keys, and each that has
 *   a welcome for one of them that is still owed or was recalled (the client may be linked elsewhere by now).
 */
export interface EvaluationBatch {
  practice: {
    id: string;
    policy: InvitePolicy;
    /** Fields of the PIMS that drifted; empty when none is held. */
    driftHold: DriftHold;
  };
  /** The practice's calendar date, `YYYY-MM-DD`. */
  today: string;
  newId: NewId;
  clients: readonly ClientFacts[];
  accounts: readonly AccountFacts[];
  /** For each login key of the clients and each email key of the accounts; a missing one counts as nobody. */
  addresses: ReadonlyMap<string, AddressCount>;
  /** For the same keys. */
  suppressed: ReadonlyMap<string, Suppression>;
}
