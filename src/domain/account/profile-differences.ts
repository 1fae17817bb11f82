import { foldName } from '../client/name.js';
import type { Person } from '../client/person.js';

/** The details that the pet parent confirmed at first login. No sync overwrites them. */
export interface ConfirmedDetails {
  firstName: string | null;
  lastName: string | null;
  /** E.164, or as typed. */
  phone: string | null;
}

/** One difference in the list for staff: "The owner says: phone ...". */
export interface ProfileDifferences {
  field: 'first-name' | 'last-name' | 'phone';
  pims: string | null;
  owner: string;
  sentence: string;
}

/** Lists where the PIMS differs from the pet parent's details. Ignores case, accents and the formatting of phones. */
export function profileDifferences(confirmed: ConfirmedDetails, person: Person): ProfileDifferences[] {
  const list: ProfileDifferences[] = [];
  const add = (field: ProfileDifferences['field'], words: string, pims: string | null, owner: string) => {
    const inPims = pims === null ? 'The PIMS has none.' : `The PIMS has ${pims}.`;
    list.push({ field, pims, owner, sentence: `The owner says: ${words} ${owner}. ${inPims}` });
  };
  const { firstName, lastName, phone } = confirmed;
  if (firstName && foldName(firstName) !== foldName(person.firstName)) {
    add('first-name', 'first name', person.firstName, firstName);
  }
  if (lastName && foldName(lastName) !== foldName(person.lastName)) {
    add('last-name', 'last name', person.lastName, lastName);
  }
  const known = person.phones.some((one) => one.e164 === phone || sameDigits(one.typed, phone ?? ''));
  if (phone && !known) add('phone', 'phone', person.phones[0]?.typed ?? null, phone);
  return list;
}

function sameDigits(a: string, b: string): boolean {
  const digits = a.replace(/\D/g, '');
  return digits !== '' && digits === b.replace(/\D/g, '');
}
