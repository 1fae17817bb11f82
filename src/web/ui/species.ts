import type { Species } from '../../domain/client/species.js';

const names: Record<Species, string> = {
  dog: 'Dog',
  cat: 'Cat',
  rabbit: 'Rabbit',
  'guinea-pig': 'Guinea pig',
  hamster: 'Hamster',
  rodent: 'Rodent',
  ferret: 'Ferret',
  bird: 'Bird',
  horse: 'Horse',
  cattle: 'Cattle',
  goat: 'Goat',
  sheep: 'Sheep',
  pig: 'Pig',
  alpaca: 'Alpaca',
  reptile: 'Reptile',
  fish: 'Fish',
  other: 'Other',
};

/** Species that pet parents can choose, in the order of the list. */
export const chosenSpecies: readonly Species[] = [
  'dog',
  'cat',
  'rabbit',
  'guinea-pig',
  'hamster',
  'ferret',
  'bird',
  'horse',
  'reptile',
  'fish',
  'other',
];

/** Returns the name of a pet, or "Your dog" and the like if it has none. */
export function petTitle({ name, species }: { name: string; species: string }): string {
  if (name !== '') return name;
  return species === 'other' || species === '' ? 'Your pet' : `Your ${speciesName(species).toLowerCase()}`;
}

/** Returns the name of a species; a word that only the practice uses is capitalized. */
export function speciesName(species: string): string {
  if (Object.hasOwn(names, species)) return names[species as Species];
  const words = species.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
