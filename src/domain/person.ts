import type { Client } from './client.js';

/** Why a client has no address to write to. `unsendable` is a real address that Amazon SES cannot send to. */
export type EmailProblem = 'none' | 'malformed' | 'unsendable' | 'placeholder' | 'role';

export interface PersonEmails {
  /** The address to log in with and write to, as typed, its domain in lower-case ASCII; null when there is none. */
  login: string | null;
  /** `login` in lower case: two people with one key are one account. */
  loginKey: string | null;
  /** Further addresses, for contact only. */
  others: string[];
  /** Set exactly when `login` is null. */
  problem: EmailProblem | null;
  /** The piece that made the problem, shortened, for staff to find and correct. */
  culprit: string | null;
}

export interface PersonPhone {
  label: string | null;
  /** `+15551234567`; null when the number cannot be read as one. */
  e164: string | null;
  typed: string;
}

/** Who a client is, read out of the row: cleaned for people, keyed for comparing. Plain JSON. */
export interface Person {
  firstName: string | null;
  lastName: string | null;
  /** Never empty. */
  displayName: string;
  emails: PersonEmails;
  phones: PersonPhone[];
  /** Equal for two clients who are probably one person (name and phone); null when there is too little to tell. */
  twinKey: string | null;
}

export interface PersonOptions {
  /** ISO country of the practice, for phones written without one. */
  defaultCountry: string;
  /** The policy's own placeholders. */
  placeholders?: readonly string[];
}

export function personOf(_client: Client, _options: PersonOptions): Person {
  throw new Error('not yet written');
}
