import { z } from 'zod';
import { mostPets, type ConfirmedPet, type ProfilePet } from '../../store/accounts/account-profile.js';
import { line } from '../api/schemas.js';
import { textIn } from '../http/parse.js';

/** One pet as typed into the form, valid or not. */
export interface PetEntry {
  key: string;
  name: string;
  species: string;
  breed: string;
  bornOn: string;
  passed: boolean;
  /** True if the practice has no name for the pet, so that the pet parent need not give one. */
  nameless: boolean;
  errors: Partial<Record<'name' | 'bornOn', string>>;
}

export const petFields = ['key', 'name', 'species', 'breed', 'bornOn', 'passed'] as const;

/** Returns the name of a form field: `pet-3-name`. */
export const petField = (index: number, field: (typeof petFields)[number]) => `pet-${index}-${field}`;

export function entryOf(pet: ProfilePet): PetEntry {
  const { key, name, species, passed } = pet;
  const [breed, bornOn] = [pet.breed ?? '', pet.bornOn ?? ''];
  return { key, name, species, breed, bornOn, passed, nameless: name === '', errors: {} };
}

export const blankEntry: PetEntry = {
  key: '',
  name: '',
  species: 'dog',
  breed: '',
  bornOn: '',
  passed: false,
  nameless: false,
  errors: {},
};

/**
 * Reads the pets from a form. Skips a new entry without a name.
 *
 * @param known the pets that the form showed
 * @returns the pets, or null if an entry is invalid; then `entries` contain the errors
 */
export function readPets(
  body: unknown,
  known: readonly ProfilePet[],
  today: string,
): { pets: ConfirmedPet[] | null; entries: PetEntry[] } {
  const nameless = new Set(known.filter(({ name }) => name === '').map(({ key }) => key));
  const form = (body ?? {}) as Record<string, unknown>;
  const text = (index: number, field: (typeof petFields)[number]) => textIn(form, petField(index, field)).trim();
  const entries: PetEntry[] = [];
  for (let index = 0; index < mostPets && petField(index, 'name') in form; index++) {
    const entry: PetEntry = {
      key: text(index, 'key'),
      name: text(index, 'name'),
      species: text(index, 'species') || 'other',
      breed: text(index, 'breed'),
      bornOn: text(index, 'bornOn'),
      passed: text(index, 'passed') !== '',
      nameless: nameless.has(text(index, 'key')),
      errors: {},
    };
    if (entry.key === '' && entry.name === '') continue;
    if (
      !line(200)
        .min(entry.nameless ? 0 : 1)
        .safeParse(entry.name).success
    )
      entry.errors.name = 'Please enter the name.';
    if (entry.bornOn !== '' && (!z.iso.date().safeParse(entry.bornOn).success || entry.bornOn > today)) {
      entry.errors.bornOn = 'Please enter a date in the past.';
    }
    entries.push(entry);
  }
  if (entries.some((entry) => Object.keys(entry.errors).length > 0)) return { pets: null, entries };
  const pets = entries.map(({ key, name, species, breed, bornOn, passed }) => ({
    key: key || null,
    name,
    species,
    breed: breed || null,
    bornOn: bornOn || null,
    passed,
  }));
  return { pets, entries };
}
