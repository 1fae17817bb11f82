import type { Clock } from '../../lib/ids.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../../store/db/database.js';
import type { DataRuleOf } from '../../store/sync-runs/data-age.js';
import { lockSendingState, probeWith, savePosition, type EmailSending } from '../../store/messages/sending-state.js';
import { pausePractice } from '../../store/messages/email-flow.js';
import {
  markQueued,
  nextOfCampaigns,
  nextUrgent,
  readQueued,
  saveFairQueue,
  type QueueItem,
} from '../../store/messages/message-queue.js';
import { fairShares } from './fair-queue.js';
import type { MailLog } from '../log.js';
import type { QuotaRefresher } from './quota-refresher.js';
import { rateOf, shareNow, windowOf } from './adaptive-rate.js';
import type { PracticeMail } from '../settings.js';
import { readCampaigns, type Campaign } from './campaigns.js';

/** A job to enqueue. Smaller priorities run first; jobs without one run before all others. */
interface MessageToSend {
  messageId: string;
  priority?: number;
  /** Stays the same until the email is claimed, so enqueueing it again while its job waits adds none. */
  key: string;
}

export interface Dispatched {
  mails: MessageToSend[];
  /** Milliseconds until the next dispatch is worthwhile; null if nothing is left to dispatch. */
  again: number | null;
}

/** BullMQ priorities end at 2^21; positions wrap around below that. */
const positionsEnd = 2_000_000;
const urgentAtOnce = 200;
/** Age in milliseconds after which the job of a queued but unclaimed email counts as lost. */
const lostAfterMs = 30_000;
const dispatchEveryMs = 500;
/** How long to wait for the answer to a probing email while sending is stopped, in milliseconds. */
const probeMs = 60_000;

export interface DispatcherDeps {
  db: Database;
  clock: Clock;
  settings(practiceId: string): PracticeMail | null;
  dataRule: DataRuleOf;
  quota: QuotaRefresher;
  log: MailLog;
}

/**
 * Picks the next emails: single emails first, then the campaigns of the practices alternately. Enqueues only about two
 * seconds' worth at a time, so a campaign of 30,000 waits in the database and blocks no other practice.
 */
export function createDispatcher(deps: DispatcherDeps) {
  const { db, clock, settings, dataRule, quota, log } = deps;

  async function pick(
    trx: DatabaseTransaction,
  ): Promise<Dispatched & { safetyStops: { practiceId: string; why: string }[] }> {
    const sending = await lockSendingState(trx);
    const now = clock();
    const nothing = { mails: [], again: null, safetyStops: [] };
    if (sending.stop && now < sending.stop.retryAt)
      return { ...nothing, again: sending.stop.retryAt.getTime() - now.getTime() };

    const queued = await readQueued(trx, lostAfterMs, now);
    const urgent = await nextUrgent(trx, sending.stop ? 1 : urgentAtOnce - queued.urgent, now);
    const rate = rateOf(sending.quota?.perSecond ?? null, shareNow(sending, now), quota.atMost);
    const room = sending.stop ? 1 - urgent.length : roomFor(sending, windowOf(rate), queued.campaigns, urgent.length);

    // Wrap positions around only when no email with an old one waits; otherwise the old ones would wait forever.
    const served = queued.lowestPosition ?? sending.position;
    const around = queued.lowestPosition === null ? 0 : Math.floor(queued.lowestPosition / positionsEnd);
    const { campaigns, safetyStops, touched } = await readCampaigns(trx, { settings, dataRule }, served, now);
    const picked = await pickFairly(trx, campaigns, room, now);
    const fitting = picked.filter(
      ({ position }) => queued.lowestPosition === null || Math.floor(position / positionsEnd) === around,
    );

    await markQueued(trx, [...urgent.map(({ id }) => ({ id, position: null })), ...fitting], now);
    const dispatched = fairQueueAfter(campaigns, fitting);
    const dispatchedIds = new Set(dispatched.map((row) => row.practice_id));
    await saveFairQueue(trx, [...dispatched, ...touched.filter((row) => !dispatchedIds.has(row.practice_id))]);
    const highest = Math.max(sending.position, ...fitting.map(({ position }) => position));
    if (highest > sending.position) await savePosition(trx, highest);
    const first = urgent[0] ?? fitting[0];
    if (sending.stop && first) await probeWith(trx, first.id, new Date(now.getTime() + probeMs));

    const mails = [
      ...urgent.map(({ id, attempts }) => ({ messageId: id, key: `${id}-${attempts}` })),
      ...fitting.map(({ id, attempts, position }) => {
        return { messageId: id, key: `${id}-${attempts}`, priority: 1 + (position % positionsEnd) };
      }),
    ];
    return { mails, safetyStops, again: mails.length > 0 || queued.campaigns > 0 ? dispatchEveryMs : null };
  }

  return {
    /**
     * Marks the next emails as queued; the caller enqueues their jobs. If the caller dies in between, they are picked
     * again later.
     */
    async dispatch(): Promise<Dispatched> {
      await quota.refresh();
      const { safetyStops, ...dispatched } = await inTransaction(db, pick);
      for (const { practiceId, why } of safetyStops) {
        log.warn({ practice: practiceId }, 'bounces or complaints stopped the emails of a practice');
        await pausePractice(db, practiceId, { why, by: 'safety-stop' }, clock());
      }
      return dispatched;
    },
  };
}

export type Dispatcher = ReturnType<typeof createDispatcher>;

/** Returns the free room in the window, limited by the rest of the 24-hour quota. */
function roomFor(sending: EmailSending, window: number, queued: number, urgent: number): number {
  const { quota } = sending;
  const today = quota?.in24Hours == null ? Number.POSITIVE_INFINITY : quota.in24Hours - quota.sentIn24Hours - urgent;
  return Math.max(0, Math.min(window, today) - queued);
}

interface PickedMessage extends QueueItem {
  practiceId: string;
  position: number;
}

/**
 * Picks emails by fair shares. A practice with fewer emails than its share leaves the rest to the others, so a few
 * rounds fill the room.
 */
async function pickFairly(
  trx: DatabaseTransaction,
  campaigns: readonly Campaign[],
  room: number,
  now: Date,
): Promise<PickedMessage[]> {
  const counts = new Map<string, number>();
  let open = campaigns.map((campaign) => ({ ...campaign }));
  let found = new Map<string, QueueItem[]>();
  for (let round = 0; round < 4 && open.length > 0; round++) {
    const shares = fairShares(room, open);
    const grown = [...shares].some(([practiceId, count]) => count > (counts.get(practiceId) ?? 0));
    if (!grown) break;
    found = await nextOfCampaigns(trx, shares, now);
    for (const [practiceId, count] of shares) counts.set(practiceId, count);
    const short = [...shares].filter(([practiceId, count]) => (found.get(practiceId)?.length ?? 0) < count);
    if (short.length === 0) break;
    const has = new Map(short.map(([practiceId]) => [practiceId, found.get(practiceId)?.length ?? 0]));
    open = open.map((campaign) => ({ ...campaign, atMost: has.get(campaign.practiceId) ?? campaign.atMost }));
  }
  return campaigns
    .flatMap(({ practiceId, next }) =>
      (found.get(practiceId) ?? []).map((item, at) => ({ ...item, practiceId, position: next + at })),
    )
    .sort((a, b) => a.position - b.position)
    .slice(0, Math.max(0, room));
}

function fairQueueAfter(campaigns: readonly Campaign[], picked: readonly PickedMessage[]): Campaign['place'][] {
  return campaigns.flatMap(({ practiceId, place }) => {
    const ours = picked.filter((one) => one.practiceId === practiceId);
    const last = ours.at(-1);
    if (!last) return [];
    const allowance = place.allowance === null ? null : place.allowance - ours.length;
    return [{ ...place, position: last.position, allowance }];
  });
}
