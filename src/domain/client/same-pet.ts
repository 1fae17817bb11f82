import { foldName } from './name.js';
import type { Pet } from './pet.js';
import { isSameSpecies, speciesGroup } from './species.js';

/** The fields by which `isSamePet` compares two records. */
export type PetLook = Pick<Pet, 'name' | 'species' | 'bornOn' | 'diedOn'>;

/**
 * Tells whether two patients with different numbers look like one pet: same name, same species and no contradicting
 * birth date. A missing birth date is no evidence of a difference, but pets without a name need two equal birth dates.
 */
export function isSamePet(one: PetLook, other: PetLook): boolean {
  if (lookKey(one) !== lookKey(other) || !isSameSpecies(one.species, other.species)) return false;
  if (bornAfterDeathOf(one, other) || bornAfterDeathOf(other, one)) return false;
  if (one.bornOn !== null && other.bornOn !== null) return one.bornOn === other.bornOn;
  return foldName(one.name) !== '';
}

/** Returns a key that is equal for two patients that may be one pet. */
export function lookKey({ name, species }: Pick<PetLook, 'name' | 'species'>): string {
  return `${foldName(name)}|${speciesGroup(species)}`;
}

/** True if one was born after the other died: people give the name of a pet they lost to the next one. */
function bornAfterDeathOf(one: PetLook, other: PetLook): boolean {
  return one.bornOn !== null && other.diedOn !== null && one.bornOn > other.diedOn;
}
