/** How the mail rate follows SES: down at once when it throttles, up again slowly (the way TCP shares a line). */

const leastShare = 0.1;
/** Of the quota, for each second without throttling. */
const growthPerSecond = 0.01;
/** After throttling, so long nothing grows. */
const restMs = 2_000;

export interface Share {
  share: number;
  throttledAt: Date | null;
}

/** SES throttled. */
export function shrunk(share: number): number {
  return Math.max(leastShare, share * 0.8);
}

/** The share after so many milliseconds without a change. */
export function grown({ share, throttledAt }: Share, now: Date, elapsedMs: number): number {
  if (throttledAt && now.getTime() - throttledAt.getTime() < restMs) return share;
  return Math.min(1, share + (growthPerSecond * elapsedMs) / 1000);
}

/** Mails a second that all workers together may start. Before SES has told its quota: one, as in its sandbox. */
export function rateOf(quotaPerSecond: number | null, share: number, atMost: number | null): number {
  const allowed = Math.min(quotaPerSecond ?? 1, atMost ?? Number.POSITIVE_INFINITY);
  return allowed * share;
}

/** Mails asked of the queue at once: about two seconds of the rate, so that Redis never holds a wave. */
export function windowOf(rate: number): number {
  return Math.min(2_000, Math.max(4, Math.ceil(rate * 2)));
}

/** How long after a dispatch the next one is due while there is more: half of a window before it runs dry. */
export const dispatchEveryMs = 500;
