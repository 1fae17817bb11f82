import { distance } from 'fastest-levenshtein';

/**
 * Returns whether one typing error turns one word into the other: one letter too many, missing or wrong, or two
 * adjacent letters swapped.
 */
export function isOneEditApart(one: string, other: string): boolean {
  const edits = distance(one, other);
  return edits === 1 || (edits === 2 && isSwap(one, other));
}

function isSwap(one: string, other: string): boolean {
  const at = one.split('').findIndex((letter, place) => letter !== other[place]);
  return `${one.slice(0, at)}${one[at + 1]}${one[at]}${one.slice(at + 2)}` === other;
}
