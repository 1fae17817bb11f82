import { colours, petNames, species } from './animals.js';
import type { Random } from './random.js';

const total = species.reduce((sum, { weight }) => sum + weight, 0);

/** Picks a name, species, breed and colour that go together. */
export function animalsOf(
  random: Random,
  quirk: number,
): { name: string; species: string; breed: string | null; colour: string } {
  let left = random.next() * total;
  const kind = species.find(({ weight }) => (left -= weight) < 0) ?? species[0]!;
  const name = random.pick(petNames);
  return {
    name: random.chance(quirk)
      ? random.pick([name.toUpperCase(), `${name} II`, `Señor ${name}`, `${name} 🐕`, `${name}*`])
      : name,
    species: random.chance(0.1) ? random.pick(kind.others) : kind.name,
    breed: random.chance(0.08) ? null : random.pick(kind.breeds),
    colour: random.pick(colours),
  };
}
