import { foldName } from './name.js';
import type { Pet } from './pet.js';

/** What two records of one pet have in common. */
export type PetLook = Pick<Pet, 'name' | 'species' | 'bornOn' | 'diedOn'>;

/**
 * Whether two patients of different numbers look like one pet: same name, same species, and no birth date that speaks
 * against it. A missing birth date is no evidence of a difference, but without a name it takes two equal ones.
 */
export function isSamePet(one: PetLook, other: PetLook): boolean {
  if (lookKey(one) !== lookKey(other)) return false;
  if (bornAfterDeathOf(one, other) || bornAfterDeathOf(other, one)) return false;
  if (one.bornOn !== null && other.bornOn !== null) return one.bornOn === other.bornOn;
  return foldName(one.name) !== '';
}

/** Equal for two patients that may be one pet. */
export function lookKey({ name, species }: Pick<PetLook, 'name' | 'species'>): string {
  return `${foldName(name)}|${species}`;
}

/** People give the name of a pet they lost to the next one. */
function bornAfterDeathOf(one: PetLook, other: PetLook): boolean {
  return one.bornOn !== null && other.diedOn !== null && one.bornOn > other.diedOn;
}
