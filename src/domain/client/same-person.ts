import type { Client } from './client.js';
import { readEmailField } from './email-address.js';
import { foldName } from './name.js';
import { isOneEditApart } from '../../lib/edit-distance.js';
import type { Person } from './person.js';
import type { Pet } from './pet.js';

type PetIdentity = Pick<Pet, 'pimsId' | 'name' | 'species' | 'bornOn'>;

/** The stored facts about the person of a client id. A missing fact is no evidence. */
export interface KnownPerson {
  firstName: string | null;
  lastName: string | null;
  emailKey: string | null;
  createdOn: string | null;
  /** The stored record. */
  record?: Partial<Omit<Client, 'pets'>>;
  pets?: readonly PetIdentity[];
}

/** The current data in the PIMS under the same id. */
export interface PersonNow {
  client: Pick<Client, 'createdOn'> & Partial<Client>;
  person: Pick<Person, 'firstName' | 'lastName' | 'emails'>;
}

/**
 * Points for and against "the same person". People marry, move, change addresses and get new pets, so no single
 * difference reaches `someoneElseAt`. A pet, an email or a phone in common outweighs several differences.
 */
const points = {
  // A PIMS keeps pets that died or left, so the same person rarely has none of the former ones.
  pets: { same: 8, alike: 2, renamed: -3, differ: -9 },
  // The PIMS writes the day of entry once, when it creates the record.
  enteredOn: { same: 2, differs: -7 },
  email: { same: 6, differs: -2 },
  phone: { same: 2, differs: -2 },
  name: { same: 1, lastDiffers: -4, firstDiffers: -6, bothDiffer: -8 },
} as const;
const someoneElseAt = -10;

/**
 * Tells whether a client id now seems to carry another person's data. A PIMS reuses numbers after a restore or a purge,
 * and another practice's database may number its clients in the same way.
 */
export function isSomeoneElse(known: KnownPerson, now: PersonNow): boolean {
  const name = compareNames(known, now);
  const others = [
    pointsOf('pets', comparePets(known.pets ?? [], now.client.pets ?? [])),
    pointsOf('phone', comparePhones(known, now)),
  ];
  // A pet and a phone in common are evidence of the same household, not of the same person under another name.
  const household = name === 'bothDiffer' ? others.map((value) => Math.min(value, 0)) : others;
  const all = [
    ...household,
    pointsOf('name', name),
    pointsOf('email', compareEmails(known, now)),
    pointsOf('enteredOn', compareDays(known.createdOn, now.client.createdOn)),
  ];
  return all.reduce((sum, value) => sum + value, 0) <= someoneElseAt;
}

function pointsOf<K extends keyof typeof points>(evidence: K, found: keyof (typeof points)[K] | 'unknown'): number {
  return found === 'unknown' ? 0 : (points[evidence][found] as number);
}

function compareNames(known: KnownPerson, now: PersonNow): keyof typeof points.name | 'unknown' {
  const before = [foldName(known.firstName), foldName(known.lastName)] as const;
  const after = [foldName(now.person.firstName), foldName(now.person.lastName)] as const;
  // First and last name were swapped: the same person, entered correctly now.
  if (before[0] !== '' && before[0] === after[1]) return 'same';
  if (before.join('') === '' && after.join('') === '') return compareCompanies(known, now);
  const first = agree(before[0], after[0]) || isSpouse(known, now);
  const last = agree(before[1], after[1]);
  if (first === false && last === false) return 'bothDiffer';
  if (first === false) return 'firstDiffers';
  if (last === false) return 'lastDiffers';
  return first || last ? 'same' : 'unknown';
}

function compareCompanies(known: KnownPerson, now: PersonNow): 'same' | 'firstDiffers' | 'unknown' {
  const same = agree(foldName(known.record?.companyName ?? null), foldName(now.client.companyName ?? null));
  return same === null ? 'unknown' : same ? 'same' : 'firstDiffers';
}

/** Compares two folded names; null if one is empty. A typing mistake, an initial and a part of a double name agree. */
function agree(one: string, other: string): boolean | null {
  if (one === '' || other === '') return null;
  if (one === other) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  if (short.length === 1) return long.startsWith(short);
  const letters = /^\p{L}+$/u.test(one + other);
  if (letters && short.length >= 3 && (long.startsWith(short) || long.endsWith(short))) return true;
  return letters && short.length >= 4 && isOneEditApart(one, other);
}

/** True if one record names the other person as the spouse: a household whose first contact changed. */
function isSpouse(known: KnownPerson, now: PersonNow): boolean {
  const pairs = [
    [known.record?.spouseFirstName, now.person.firstName],
    [known.firstName, now.client.spouseFirstName],
  ] as const;
  return pairs.some(
    ([one, other]) => foldName(one ?? null) !== '' && foldName(one ?? null) === foldName(other ?? null),
  );
}

function compareEmails(known: KnownPerson, now: PersonNow): 'same' | 'differs' | 'unknown' {
  const { loginKey, others } = now.person.emails;
  if (known.emailKey === null || loginKey === null) return 'unknown';
  if (known.emailKey === loginKey) return 'same';
  // The current addresses exclude placeholders, which two strangers may share.
  const real = new Set([loginKey, ...others.map((other) => other.toLowerCase())]);
  const before = (known.record?.emails ?? []).flatMap((field) => readEmailField(field).addresses);
  return real.has(known.emailKey) || before.some(({ key }) => real.has(key)) ? 'same' : 'differs';
}

function comparePhones(known: KnownPerson, now: PersonNow): 'same' | 'differs' | 'unknown' {
  const before = digitsOf(known.record?.phones ?? []);
  const after = digitsOf(now.client.phones ?? []);
  if (before.length === 0 || after.length === 0) return 'unknown';
  // A number with an area or country code and the same number without it are one phone.
  const common = before.some((one) => after.some((other) => one.endsWith(other) || other.endsWith(one)));
  return common ? 'same' : 'differs';
}

/** Returns the digits of plausible numbers: at least 7 digits, and not one digit repeated. */
function digitsOf(phones: Client['phones']): string[] {
  return phones
    .map(({ number }) => number.replace(/\D/g, ''))
    .filter((digits) => digits.length >= 7 && !/^(\d)\1*$/.test(digits));
}

function compareDays(before: string | null, after: string | null): 'same' | 'differs' | 'unknown' {
  return before === null || after === null ? 'unknown' : before === after ? 'same' : 'differs';
}

type PetEvidence = keyof typeof points.pets | 'unknown';

/**
 * Compares pets by id and name together, because two systems with the same numbering share ids, and strangers share pet
 * names.
 */
function comparePets(before: readonly PetIdentity[], after: readonly PetIdentity[]): PetEvidence {
  if (before.length === 0 || after.length === 0) return 'unknown';
  let found: PetEvidence = 'differ';
  const byId = new Map(after.map((pet) => [pet.pimsId, pet]));
  const byName = new Map(after.map((pet) => [foldName(pet.name), pet]));
  for (const pet of before) {
    const sameId = byId.get(pet.pimsId);
    if (sameId && agree(foldName(pet.name), foldName(sameId.name)) !== false) return 'same';
    const sameName = pet.name === null ? undefined : byName.get(foldName(pet.name));
    if (sameName && pet.bornOn !== null && pet.bornOn === sameName.bornOn) return 'same';
    if (sameName?.species === pet.species) found = 'alike';
    else if (sameId && found === 'differ') found = 'renamed';
  }
  return found;
}
