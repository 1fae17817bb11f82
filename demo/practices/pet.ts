import { animalsOf } from './animal-choice.js';
import type { Random } from './random.js';

type SexCode = 'M' | 'MN' | 'F' | 'FS' | 'U';

/** A pet of the demo, independent of any PIMS's shape. */
export interface DemoPet {
  /** Unique in its practice. */
  number: number;
  name: string;
  /** As typed; most practices have more than one word for a dog. */
  species: string;
  breed: string | null;
  colour: string;
  sex: SexCode;
  /** `YYYY-MM-DD`, or a date that means "none": 1900-01-01, 1899-12-30. */
  bornOn: string | null;
  diedOn: string | null;
  inactive: boolean;
  deleted: boolean;
  /** Client number of a second owner; each then owns half. */
  coOwner: number | null;
}

const dayLength = 86_400_000;

/** Returns the date `days` before a calendar date. */
export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * dayLength).toISOString().slice(0, 10);
}

export type Survival = 'lives' | 'died-recently' | 'died-long-ago';

/** Makes a pet; `quirk` is the probability of odd data. */
export function makePet(number: number, survival: Survival, random: Random, today: string, quirk: number): DemoPet {
  const animal = animalsOf(random, quirk);
  const age = random.int(90, 15 * 365);
  // 1 to 30 days is within any grief hold; more than a year is outside.
  const dead = survival === 'lives' ? null : survival === 'died-recently' ? random.int(1, 30) : random.int(400, 2000);
  const born = daysBefore(today, age + (dead ?? 0));
  return {
    number,
    ...animal,
    sex: random.weighted({ MN: 38, FS: 40, M: 10, F: 9, U: 3 }),
    bornOn: random.chance(quirk) ? random.pick(['1900-01-01', '1899-12-30', null]) : born,
    diedOn: dead === null ? null : daysBefore(today, dead),
    inactive: false,
    deleted: false,
    coOwner: null,
  };
}
