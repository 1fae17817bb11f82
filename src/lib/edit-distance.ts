/**
 * Tells whether one typing error turns one word into the other: one letter too many, missing or wrong, or two adjacent
 * letters swapped.
 */
export function isOneEditApart(one: string, other: string): boolean {
  if (one === other || Math.abs(one.length - other.length) > 1) return false;
  let at = 0;
  while (at < one.length && one[at] === other[at]) at++;
  const rest = (word: string, from: number) => word.slice(at + from);
  if (one.length < other.length) return rest(one, 0) === rest(other, 1);
  if (one.length > other.length) return rest(one, 1) === rest(other, 0);
  if (rest(one, 1) === rest(other, 1)) return true;
  return one[at] === other[at + 1] && one[at + 1] === other[at] && rest(one, 2) === rest(other, 2);
}
