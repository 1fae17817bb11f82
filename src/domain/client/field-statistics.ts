import { z } from 'zod';
import type { Client } from './client.js';
import { isDoubleEncoded } from '../../lib/double-encoded.js';
import { isLiving, type Pet } from './pet.js';

/**
 * Statistics of one full scan: how many rows fill each field, and which codes occur. Plain JSON with counts and codes,
 * without personal data. Collected page by page, so that a resumed scan continues with its stored profile.
 */
export interface Profile {
  clients: number;
  pets: number;
  /** The number of clients, or pets, with a value in the field. */
  filled: Record<string, number>;
  /** The number of occurrences of each code, by field. */
  codes: Record<string, Record<string, number>>;
}

/** Distinct codes per field; a column of free text could have any number. Further ones count as `(others)`. */
const codesKept = 200;
const longestCode = 40;
export const otherCodes = '(others)';

const counts = z.record(z.string(), z.int().min(0));
const shape = z.object({
  clients: z.int().min(0),
  pets: z.int().min(0),
  filled: counts,
  codes: z.record(z.string(), counts),
});

export function emptyProfile(): Profile {
  return { clients: 0, pets: 0, filled: table(), codes: table() };
}

/** Reads a profile from its JSON text. Null and invalid text give an empty profile. */
export function readProfile(text: string | null): Profile {
  const profile = emptyProfile();
  if (text === null) return profile;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return profile;
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) mergeProfiles(profile, parsed.data);
  return profile;
}

/** Adds a page. Changes `profile` and returns it, because a copy for each page would cost more than the page itself. */
export function addToProfile(profile: Profile, clients: readonly Client[]): Profile {
  for (const client of clients) {
    profile.clients++;
    for (const [field, isFilled] of clientFields) if (isFilled(client)) add(profile.filled, field);
    for (const [field, codeOf] of clientCodes) addCode(profile, field, codeOf(client));
    for (const pet of client.pets) {
      profile.pets++;
      for (const [field, isFilled] of petFields) if (isFilled(pet)) add(profile.filled, field);
      for (const [field, codeOf] of petCodes) addCode(profile, field, codeOf(pet));
    }
  }
  return profile;
}

/** Adds `more` to `profile`. Changes `profile` and returns it. */
export function mergeProfiles(profile: Profile, more: Profile): Profile {
  profile.clients += more.clients;
  profile.pets += more.pets;
  for (const [field, n] of Object.entries(more.filled)) add(profile.filled, field, n);
  for (const [field, codes] of Object.entries(more.codes)) {
    for (const [code, n] of Object.entries(codes)) addCode(profile, field, code, n);
  }
  return profile;
}

/** Text decoded with the wrong code page contains replacement characters or the C1 controls of Windows-1252. */
const isGarbled = (name: string): boolean => /[\ufffd\u0080-\u009f]/.test(name) || isDoubleEncoded(name);

const clientFields: [string, (client: Client) => boolean][] = [
  ['number', (client) => isText(client.displayId)],
  ['first name', (client) => isText(client.firstName)],
  ['last name', (client) => isText(client.lastName)],
  ['garbled name', ({ firstName, lastName }) => [firstName, lastName].some((name) => name !== null && isGarbled(name))],
  ['spouse', (client) => isText(client.spouseFirstName)],
  ['company', (client) => isText(client.companyName)],
  ['email', (client) => client.emails.some(isText)],
  ['email with @', (client) => client.emails.some((email) => email.includes('@'))],
  ['phone', (client) => client.phones.some((phone) => isText(phone.number))],
  ['class', (client) => isText(client.classification)],
  ['date of entry', (client) => client.createdOn !== null],
  ['last visit', (client) => client.lastVisitOn !== null],
  ['inactive', (client) => client.inactive],
  ['deleted', (client) => client.deleted],
  ['do-not-email flag', (client) => client.optOut !== null],
  ['living pet', (client) => client.pets.some(isLiving)],
  ['no living pet', hasOnlyPetsGone],
];

const petFields: [string, (pet: Pet) => boolean][] = [
  ['pet name', (pet) => isText(pet.name)],
  ['pet breed', (pet) => isText(pet.breed)],
  ['pet birth date', (pet) => pet.bornOn !== null],
  ['pet death date', (pet) => pet.diedOn !== null],
  ['pet death', (pet) => pet.diedOn !== null || pet.status === 'deceased'],
  ['pet sex', (pet) => pet.sex !== 'unknown'],
];

const clientCodes: [string, (client: Client) => string | null][] = [
  ['site', (client) => client.siteId],
  ['class', (client) => client.classification],
  ['do-not-email flag', (client) => client.optOut],
  ['unknown status', (client) => client.unknownStatus],
];

const petCodes: [string, (pet: Pet) => string | null][] = [
  ['pet status', (pet) => pet.statusRaw],
  ['pet sex', (pet) => pet.sexRaw],
  ['pet species', (pet) => pet.speciesRaw],
];

/** The fields whose unit is pets; all others count clients. */
export const fieldsOfPets: ReadonlySet<string> = new Set([...petFields, ...petCodes].map(([field]) => field));

/** False for clients without any pet and for clients with a pet status that the mapping does not know yet. */
function hasOnlyPetsGone({ pets }: Client): boolean {
  return pets.length > 0 && !pets.some((pet) => isLiving(pet) || pet.status === 'unknown');
}

function isText(text: string | null): boolean {
  return text !== null && text !== '' && text.trim() !== '';
}

function addCode(profile: Profile, field: string, raw: string | null, n = 1): void {
  if (raw === null || raw === '') return;
  const code = raw.length <= longestCode ? raw : otherCodes;
  const known = (profile.codes[field] ??= table());
  if (known[code] !== undefined) known[code] += n;
  else if (Object.keys(known).length < codesKept) known[code] = n;
  else add(known, otherCodes, n);
}

function add(into: Record<string, number>, key: string, n = 1): void {
  into[key] = (into[key] ?? 0) + n;
}

/** Creates an object without a prototype, so that `constructor` or `__proto__` can be a code like any other. */
function table<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
