import { z } from 'zod';
import type { Client } from './client.js';
import { isLiving, type Pet } from './pet.js';

/**
 * What one pass looked like from afar: how full each field is and which codes occur. Plain JSON; it holds counts, codes
 * and no person. Gathered page by page, so that a pass that is resumed goes on with the profile it had.
 */
export interface Profile {
  clients: number;
  pets: number;
  /** How many clients, or pets, have something in the field. */
  filled: Record<string, number>;
  /** How often each code occurs, by field. */
  codes: Record<string, Record<string, number>>;
}

/** A column of free text has no end of "codes"; after so many, further ones count as `(others)`. */
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

/** A profile out of its JSON text; null, or anything else, is an empty one. */
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

/** Adds a page. Changes `profile` and returns it, since copying it for each page would cost more than the page. */
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

/** Adds `more` to `profile`, which it changes and returns. */
export function mergeProfiles(profile: Profile, more: Profile): Profile {
  profile.clients += more.clients;
  profile.pets += more.pets;
  for (const [field, n] of Object.entries(more.filled)) add(profile.filled, field, n);
  for (const [field, codes] of Object.entries(more.codes)) {
    for (const [code, n] of Object.entries(codes)) addCode(profile, field, code, n);
  }
  return profile;
}

/** Decoding with the wrong code page leaves replacement characters or the C1 controls of Windows-1252. */
const garbled = /[\ufffd\u0080-\u009f]/;

const clientFields: [string, (client: Client) => boolean][] = [
  ['number', (client) => isText(client.displayId)],
  ['first name', (client) => isText(client.firstName)],
  ['last name', (client) => isText(client.lastName)],
  ['garbled name', (client) => garbled.test(client.lastName ?? '') || garbled.test(client.firstName ?? '')],
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

/** The fields that are counted in pets; all others are counted in clients. */
export const fieldsOfPets: ReadonlySet<string> = new Set([...petFields, ...petCodes].map(([field]) => field));

/** Clients without any pet row are not counted, nor those with a status that the mapping does not know yet. */
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

/** No prototype: a code that reads `constructor` or `__proto__` is a code like any other. */
function table<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}
