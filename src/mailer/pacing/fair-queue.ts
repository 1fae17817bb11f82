/** A practice with queued emails, and the position of its next email. */
export interface Waiting {
  practiceId: string;
  next: number;
  /** Upper limit while a rollout allows no more. */
  atMost: number;
}

/**
 * Divides the room among practices: emails with the smallest positions go first, and each email of a practice takes the
 * position after its last. So practices alternate however much each has queued, and a practice that waited long gets no
 * credit for it (start-time fair queueing, Goyal 1996).
 *
 * @returns only practices that get at least one
 */
export function fairShares(room: number, waiting: readonly Waiting[]): Map<string, number> {
  const shares = new Map<string, number>();
  let open = waiting.filter(({ atMost }) => atMost > 0);
  let left = Math.max(0, Math.floor(room));
  while (left > 0 && open.length > 0) {
    const at = (one: Waiting) => one.next + (shares.get(one.practiceId) ?? 0);
    const lowest = Math.min(...open.map(at));
    const behind = open.filter((one) => at(one) === lowest);
    // Practices that are behind catch up with the next one in one step; once all are level, they share the rest evenly.
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
