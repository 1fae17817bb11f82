/** The email rate follows SES: it drops at once when SES throttles and recovers slowly. */

const leastShare = 0.1;
/** Share of the quota regained per second without throttling. */
const growthPerSecond = 0.005;
/** Pause after throttling before the rate grows, in milliseconds. */
const restMs = 2_000;

/** Share of the quota when SES last throttled. */
export interface Throttled {
  share: number;
  throttledAt: Date | null;
}

/** Returns the share of the quota to use now. It depends only on the stored moment, so all processes agree on it. */
export function shareNow({ share, throttledAt }: Throttled, now: Date): number {
  if (!throttledAt) return share;
  const calmMs = Math.max(0, now.getTime() - throttledAt.getTime() - restMs);
  return Math.min(1, share + (growthPerSecond * calmMs) / 1000);
}

/** Returns the share to keep after SES throttled. */
export function shrunk(throttled: Throttled, now: Date): number {
  return Math.max(leastShare, shareNow(throttled, now) * 0.95);
}

/**
 * Returns the emails per second that all workers together may start. 1 until SES reported its quota, as in the SES
 * sandbox.
 */
export function rateOf(quotaPerSecond: number | null, share: number, atMost: number | null): number {
  return Math.min(quotaPerSecond ?? 1, atMost ?? Number.POSITIVE_INFINITY) * share;
}

/**
 * Returns how many emails to enqueue ahead: about two seconds of the rate, so that Redis never holds a whole campaign.
 */
export function windowOf(rate: number): number {
  return Math.min(2_000, Math.max(4, Math.ceil(rate * 2)));
}
