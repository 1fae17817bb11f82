/** The current limits of the account; see LocalSesSettings. */
export interface Limits {
  maxSendRate: number;
  burst?: number | undefined;
  max24HourSend: number;
}

export interface Quota {
  /** Uses quota for `recipients`, or returns the limit that refuses them and uses none. */
  take(recipients: number): 'taken' | 'rate' | 'daily-quota';
  /** Returns the number of recipients in the last 24 hours. */
  sentLast24Hours(): number;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/**
 * Counts recipients as SES does: a token bucket for the rate and a sliding window of 24 hours for the daily quota.
 * An email to many recipients needs one token and puts the bucket into debt ("50 recipients at 14/s eat 3.57 s").
 */
export function createQuota(now: () => number, limits: () => Limits, alreadySent = 0): Quota {
  const perMinute = new Map<number, number>([[Math.floor(now() / minute), alreadySent]]);
  let sum = alreadySent;
  let tokens = capacityOf(limits());
  let filledAt = now();

  function forget(at: number): void {
    for (const [start, count] of perMinute) {
      if (start * minute > at - day) return;
      perMinute.delete(start);
      sum -= count;
    }
  }

  return {
    take(recipients) {
      const at = now();
      const { max24HourSend, ...rate } = limits();
      forget(at);
      if (max24HourSend !== -1 && sum + recipients > max24HourSend) return 'daily-quota';

      const refill = (Math.max(0, at - filledAt) / 1_000) * rate.maxSendRate;
      tokens = Math.min(capacityOf(rate), tokens + refill);
      filledAt = at;
      if (tokens < 1) return 'rate';

      tokens -= recipients;
      sum += recipients;
      const start = Math.floor(at / minute);
      perMinute.set(start, (perMinute.get(start) ?? 0) + recipients);
      return 'taken';
    },
    sentLast24Hours() {
      forget(now());
      return sum;
    },
  };
}

function capacityOf({ maxSendRate, burst }: Omit<Limits, 'max24HourSend'>): number {
  return Math.max(1, burst ?? maxSendRate);
}
