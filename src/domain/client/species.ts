/**
 * The species that connectors read, pages show and pet parents choose. A word that a practice configures itself stays as
 * it is.
 */
export type Species =
  | 'dog'
  | 'cat'
  | 'rabbit'
  | 'guinea-pig'
  | 'hamster'
  | 'rodent'
  | 'ferret'
  | 'bird'
  | 'horse'
  | 'cattle'
  | 'goat'
  | 'sheep'
  | 'pig'
  | 'alpaca'
  | 'reptile'
  | 'fish'
  | 'other';

/** What a PIMS may list as `rodent`. */
const rodents: ReadonlySet<string> = new Set<Species>(['rodent', 'guinea-pig', 'hamster']);

/** Returns a word that is equal for two species that `isSameSpecies` may call the same. */
export function speciesGroup(species: string): string {
  return rodents.has(species) ? 'rodent' : species;
}

/** Tells whether two words may name one animal: many a PIMS has a guinea pig only as a rodent. */
export function isSameSpecies(one: string, other: string): boolean {
  return one === other || (speciesGroup(one) === speciesGroup(other) && (one === 'rodent' || other === 'rodent'));
}
