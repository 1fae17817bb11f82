/** How the email rate follows SES: down at once when it throttles, up again slowly. */

const leastShare = 0.1;
/** Of the quota, for each second without throttling. */
const growthPerSecond = 0.005;
/** After throttling, so long nothing grows. */
const restMs = 2_000;

/** The share of the quota as it was when SES last throttled. */
export interface Throttled {
  share: number;
  throttledAt: Date | null;
}

/** The share of the quota to use now. Derived from one moment, so that any number of processes agree on it. */
export function shareNow({ share, throttledAt }: Throttled, now: Date): number {
  if (!throttledAt) return share;
  const calmMs = Math.max(0, now.getTime() - throttledAt.getTime() - restMs);
  return Math.min(1, share + (growthPerSecond * calmMs) / 1000);
}

/** SES throttled: the share to keep. */
export function shrunk(throttled: Throttled, now: Date): number {
  return Math.max(leastShare, shareNow(throttled, now) * 0.95);
}

/** Emails a second that all workers together may start. Before SES has told its quota: one, as in its sandbox. */
export function rateOf(quotaPerSecond: number | null, share: number, atMost: number | null): number {
  return Math.min(quotaPerSecond ?? 1, atMost ?? Number.POSITIVE_INFINITY) * share;
}

/** Emails asked of the queue at once: about two seconds of the rate, so that Redis never holds a campaign. */
export function windowOf(rate: number): number {
  return Math.min(2_000, Math.max(4, Math.ceil(rate * 2)));
}
