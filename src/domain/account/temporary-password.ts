import { customAlphabet } from 'nanoid';
import { timingSafeEqual } from 'node:crypto';
import { Secret } from '../../lib/secret.js';

/**
 * 28 characters: no vowels, which could form words by accident, and none of the pairs 0/O, 1/I/L and U/V, which readers
 * confuse on paper. Twelve characters carry 57.7 bits.
 */
const alphabet = '23456789BCDFGHJKMNPQRSTVWXYZ';
const length = 12;
const groupSize = 4;

/** Days for which a temporary password works, unless a practice sets another number. */
export const defaultPasswordDays = 30;

const draw = customAlphabet(alphabet, length);

/** The word for each character when staff read a temporary password aloud. */
const spoken: Record<string, string> = {
  B: 'Bravo',
  C: 'Charlie',
  D: 'Delta',
  F: 'Foxtrot',
  G: 'Golf',
  H: 'Hotel',
  J: 'Juliett',
  K: 'Kilo',
  M: 'Mike',
  N: 'November',
  P: 'Papa',
  Q: 'Quebec',
  R: 'Romeo',
  S: 'Sierra',
  T: 'Tango',
  V: 'Victor',
  W: 'Whiskey',
  X: 'X-ray',
  Y: 'Yankee',
  Z: 'Zulu',
  '2': 'two',
  '3': 'three',
  '4': 'four',
  '5': 'five',
  '6': 'six',
  '7': 'seven',
  '8': 'eight',
  '9': 'nine',
};

/** Generates a new temporary password, such as `K7MP-4TXW-9HQD`. */
export function newTemporaryPassword(drawCharacters: () => string = draw): Secret {
  return new Secret(grouped(drawCharacters()));
}

/** Normalizes typed text for a comparison: upper case, without spaces, dashes, dots and underscores. */
export function comparable(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\p{Pd}_.]+/gu, '');
}

/** True if the typed text is this temporary password. Takes the same time wherever the two differ. */
export function matches(temporary: Secret, typed: Secret): boolean {
  const a = Buffer.from(comparable(temporary.open()));
  const b = Buffer.from(comparable(typed.open()));
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Returns the password as words to say on the telephone: "Kilo, seven, Mike, Papa; four, ...". */
export function spellAloud(temporary: Secret): Secret {
  const groups = temporary.open().split('-');
  return new Secret(groups.map((group) => [...group].map((c) => spoken[c] ?? c).join(', ')).join('; '));
}

function grouped(characters: string): string {
  const groups: string[] = [];
  for (let at = 0; at < characters.length; at += groupSize) groups.push(characters.slice(at, at + groupSize));
  return groups.join('-');
}
