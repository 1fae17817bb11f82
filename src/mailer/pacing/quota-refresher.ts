import type { Clock } from '../../lib/ids.js';
import { scrub } from '../../lib/scrub.js';
import type { Database } from '../../store/db/database.js';
import { readSendingState, saveQuota, startSending } from '../../store/messages/sending-state.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { MailLog } from '../log.js';
import { rateOf, shareNow } from './adaptive-rate.js';
import { answerOf } from '../ses/ses-answer.js';
import type { MailTransport } from '../ses/ses-transport.js';

const readEveryMs = 5 * 60_000;
/** Near the 24-hour limit the quota changes faster. */
const readNearTheEndEveryMs = 10_000;
const askAgainMs = 15_000;
/** Interval in milliseconds at which an unchanged rate is set again, because Redis may have lost it. */
const setEveryMs = 10_000;

export type QuotaRefresher = ReturnType<typeof createQuotaRefresher>;

/** Stores the SES quota in the database and sets the rate at which email jobs start. */
export function createQuotaRefresher(deps: {
  db: Database;
  clock: Clock;
  transport: Pick<MailTransport, 'quota'>;
  circuitBreaker: Pick<CircuitBreaker, 'stop'>;
  /** Maximum emails per second; null uses only the SES limit. */
  atMost: number | null;
  /** Sets BullMQ's rate limiter for the whole email queue. */
  setMailRate(perSecond: number): Promise<void>;
  log: MailLog;
}) {
  const { db, clock, transport, atMost, log } = deps;
  let askedAt = 0;
  let set = { rate: 0, at: 0 };

  async function readIfDue(now: Date): Promise<void> {
    const { quota, stop } = await readSendingState(db);
    const left = quota?.in24Hours == null ? Number.POSITIVE_INFINITY : quota.in24Hours - quota.sentIn24Hours;
    const nearTheEnd = quota !== null && left < quota.perSecond * 600;
    const every = nearTheEnd ? readNearTheEndEveryMs : readEveryMs;
    const due = !quota || now.getTime() - quota.readAt.getTime() >= every || (stop !== null && now >= stop.retryAt);
    if (!due || now.getTime() - askedAt < askAgainMs) return;
    askedAt = now.getTime();
    try {
      const fresh = await transport.quota();
      await saveQuota(db, fresh, now);
      const usedUp = fresh.in24Hours !== null && fresh.sentIn24Hours >= fresh.in24Hours;
      if (usedUp) await deps.circuitBreaker.stop('daily-quota', { code: 'Max24HourSend', message: '' });
      else if (stop?.code === 'daily-quota') await startSending(db, 'daily-quota');
    } catch (error) {
      const answer = answerOf(error);
      if (answer.kind === 'accepted') return;
      log.warn({ code: answer.code, error: scrub(answer.message) }, 'the SES quota cannot be read');
      // A key that may send but not read the quota is no reason to stop: a failing send will show.
    }
  }

  return {
    atMost,

    /** Reads the quota if due and sets the rate. Cheap to call often. */
    async refresh(): Promise<void> {
      const now = clock();
      await readIfDue(now);
      const sending = await readSendingState(db);
      const rate = rateOf(sending.quota?.perSecond ?? null, shareNow(sending, now), atMost);
      if (Math.abs(rate - set.rate) < 0.001 && now.getTime() - set.at < setEveryMs) return;
      await deps.setMailRate(rate);
      set = { rate, at: now.getTime() };
    },
  };
}
