import type { Client } from './client.js';
import { readEmailField, type EmailAddress } from './email-address.js';
import { cleanText, foldName, hasLines, truncateForDisplay } from './name.js';
import { readPhone, type PersonPhone } from './phone.js';
import { placeholder } from './placeholder.js';

export type { PersonPhone };

/** The reason why a client has no usable address. `unsendable` is a real address that Amazon SES cannot send to. */
type EmailProblem = 'none' | 'malformed' | 'unsendable' | 'placeholder' | 'role';

interface PersonEmails {
  /** The address for login and emails: as typed, its domain in lower-case ASCII; null if there is none. */
  login: string | null;
  /** `login` in lower case. Two people with the same key share an account. */
  loginKey: string | null;
  /** Further addresses, for contact only. */
  others: string[];
  /** Set exactly if `login` is null. */
  problem: EmailProblem | null;
  /** The piece of text that caused the problem, shortened, so that staff can find and correct it. */
  culprit: string | null;
}

/** The person in a client record: texts cleaned for display, keys for comparison. Plain JSON. */
export interface Person {
  firstName: string | null;
  lastName: string | null;
  /** Never empty. */
  displayName: string;
  emails: PersonEmails;
  phones: PersonPhone[];
  /** Equal for two clients that are probably one person (name and phone); null if one of these is not known. */
  duplicateKey: string | null;
}

export interface PersonOptions {
  /** ISO country of the practice, for phones without a country code. */
  defaultCountry: string;
  /** From the practice's policy; see `placeholder`. If they change, persons must be read again. */
  placeholders?: readonly string[];
  realAddresses?: readonly string[];
  ownAddresses?: readonly string[];
}

/** Reads the person from a client record. Never throws and never corrects typed data. */
export function personOf(client: Omit<Client, 'pets'>, options: PersonOptions): Person {
  const firstName = nameOf(client.firstName);
  const lastName = nameOf(client.lastName);
  const phones: PersonPhone[] = [];
  for (const phone of client.phones) {
    const read = readPhone(phone, options.defaultCountry);
    if (read) phones.push(read);
  }
  return {
    firstName,
    lastName,
    displayName: displayName(client, firstName, lastName),
    emails: emailsOf(client.emails, options),
    phones,
    duplicateKey: duplicateKey(firstName, lastName, phones),
  };
}

function nameOf(text: string | null): string | null {
  return text === null || hasLines(text) ? null : cleanText(text);
}

function displayName(client: Omit<Client, 'pets'>, firstName: string | null, lastName: string | null): string {
  if (firstName && lastName) return `${firstName} ${lastName}`;
  const one = firstName ?? lastName ?? nameOf(client.companyName);
  return one ?? `Client ${cleanText(client.displayId) ?? cleanText(client.pimsId) ?? 'without a number'}`;
}

/** Both names and a phone must agree. Staff tell apart a father and son with the same name and phone. */
function duplicateKey(firstName: string | null, lastName: string | null, phones: PersonPhone[]): string | null {
  const first = foldName(firstName);
  const last = foldName(lastName);
  const phone = phones.find((one) => one.e164 !== null)?.e164;
  return first && last && phone ? `${first}|${last}|${phone}` : null;
}

/** The problems in order: first those that staff can solve most easily. */
const gravity: EmailProblem[] = ['malformed', 'unsendable', 'role', 'placeholder', 'none'];

/** Reads the addresses in a client's email fields, and the problem if none of them is usable. */
export function emailsOf(
  fields: readonly string[],
  options: Pick<PersonOptions, 'placeholders' | 'realAddresses' | 'ownAddresses'>,
): PersonEmails {
  let problem: EmailProblem = 'none';
  let culprit: string | null = null;
  const note = (found: EmailProblem, piece: string | null) => {
    if (gravity.indexOf(found) >= gravity.indexOf(problem)) return;
    problem = found;
    culprit = truncateForDisplay(piece);
  };
  const real: EmailAddress[] = [];
  for (const field of fields) {
    if (hasLines(field)) {
      note('malformed', field);
      continue;
    }
    const read = readEmailField(field);
    if (read.problem) note(read.problem, read.culprit);
    for (const address of read.addresses) {
      if (real.some((known) => known.key === address.key)) continue;
      const refused = placeholder(address.key, options.placeholders, options.realAddresses, options.ownAddresses);
      if (refused) note(refused.kind, address.address);
      else real.push(address);
    }
  }
  const [login, ...others] = real;
  return {
    login: login?.address ?? null,
    loginKey: login?.key ?? null,
    others: others.map((other) => other.address),
    problem: login ? null : problem,
    culprit: login ? null : culprit,
  };
}
