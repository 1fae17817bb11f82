import type { Guess } from './guess.js';
import type { Kept } from './kept.js';
import type { Mapping } from '../mapping.js';

type Flag = Mapping['clients']['optOut'];

/** Patterns of columns that raise a flag, each with the value that raises it. */
const meanings: Record<string, Record<string, boolean | string>> = {
  inactive: { inactive: true, active: false },
  deceased: { deceased: true },
  deleted: { deleted: true, recordState: 'D' },
  ended: { deleted: true, recordState: 'D' },
  optOut: { optOut: true, wantsMail: false },
};

/** Keeps the columns of each flag that this installation has. */
export function flagsOf<K extends string>(kept: Kept, current: Record<K, Flag>, flags: readonly K[]): Record<K, Flag> {
  const standing = (flag: Flag): Flag =>
    Object.fromEntries(Object.entries(flag).filter(([column, value]) => value !== null && kept.has(column)));
  return Object.fromEntries(flags.map((flag) => [flag, standing(current[flag])])) as Record<K, Flag>;
}

/** Returns the patterns to guess a flag by, if the mapping names no column for it or one that is missing. */
export function flagWords(name: string, standing: Flag, current: Flag): string[] {
  const named = Object.values(current).filter((value) => value !== null).length;
  const whole = named > 0 && Object.keys(standing).length === named;
  return whole || (named === 0 && Object.keys(current).length > 0) ? [] : Object.keys(meanings[name] ?? {});
}

/** Adds the guessed columns to the flags, each with the value that raises it. */
export function withGuessed<K extends string>(
  raised: Record<K, Flag>,
  guess: Guess,
  flags: readonly K[],
): Record<K, Flag> {
  const guessed = (flag: K): Flag =>
    Object.fromEntries(
      Object.entries(guess).flatMap(([field, column]) => {
        const meaning = meanings[flag]?.[field.split(' ')[0] ?? ''];
        return meaning === undefined ? [] : [[column, meaning]];
      }),
    );
  const all = flags.map((flag) => [flag, { ...raised[flag], ...guessed(flag) }]);
  return Object.fromEntries(all) as Record<K, Flag>;
}
