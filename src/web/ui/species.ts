/** Display names of species. */
export const speciesNames: Record<string, string> = {
  dog: 'Dog',
  cat: 'Cat',
  rabbit: 'Rabbit',
  'guinea-pig': 'Guinea pig',
  hamster: 'Hamster',
  ferret: 'Ferret',
  bird: 'Bird',
  horse: 'Horse',
  reptile: 'Reptile',
  fish: 'Fish',
  other: 'Other',
};

/** Returns the name of a pet, or "Your dog" and the like if it has none. */
export function petTitle({ name, species }: { name: string; species: string }): string {
  if (name !== '') return name;
  return species === 'other' || species === '' ? 'Your pet' : `Your ${speciesName(species).toLowerCase()}`;
}

export function speciesName(species: string): string {
  const known = speciesNames[species];
  if (known) return known;
  const words = species.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
