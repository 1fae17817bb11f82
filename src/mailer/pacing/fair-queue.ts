/** A practice that has owed emails, and the turn its next one takes. */
export interface Waiting {
  practiceId: string;
  next: number;
  /** At most so many, when a careful campaign allows no more. */
  atMost: number;
}

/**
 * How many emails of each practice go next when there is room for so many in all: those with the smallest turns, each email
 * of a practice taking the turn after the last. So practices take turns, whoever owes more, and one that waited long is
 * not paid back for it (start-time fair queueing, Goyal 1996).
 *
 * @returns only practices that get some
 */
export function fairShares(room: number, waiting: readonly Waiting[]): Map<string, number> {
  const shares = new Map<string, number>();
  let open = waiting.filter(({ atMost }) => atMost > 0);
  let left = Math.max(0, Math.floor(room));
  while (left > 0 && open.length > 0) {
    const at = (one: Waiting) => one.next + (shares.get(one.practiceId) ?? 0);
    const lowest = Math.min(...open.map(at));
    const behind = open.filter((one) => at(one) === lowest);
    // Those behind catch up with the next one in a single stride; when all are level, they share what is left evenly.
    const others = open.filter((one) => at(one) > lowest).map(at);
    const stride = others.length > 0 ? Math.min(...others) - lowest : Number.POSITIVE_INFINITY;
    const each = Math.max(1, Math.min(stride, Math.floor(left / behind.length)));
    for (const one of behind) {
      const had = shares.get(one.practiceId) ?? 0;
      const gets = Math.min(each, left, one.atMost - had);
      if (gets > 0) shares.set(one.practiceId, had + gets);
      left -= gets;
      if (left === 0) break;
    }
    open = open.filter((one) => (shares.get(one.practiceId) ?? 0) < one.atMost);
  }
  return shares;
}
