import type { Clock } from '../../lib/ids.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../../store/db/database.js';
import type { DataRuleOf } from '../../store/sync-runs/data-age.js';
import { lockSendingState, probeWith, saveTurn, type EmailSending } from '../../store/messages/sending-state.js';
import { pausePractice } from '../../store/messages/email-pause.js';
import {
  markQueued,
  nextOfCampaigns,
  nextUrgent,
  readQueued,
  saveTurns,
  type QueueItem,
} from '../../store/messages/message-queue.js';
import { fairShares } from './fair-queue.js';
import type { MailLog } from '../log.js';
import type { QuotaRefresher } from './quota-refresher.js';
import { rateOf, shareNow, windowOf } from './adaptive-rate.js';
import type { PracticeMail } from '../settings.js';
import { readCampaigns, type Campaign } from './campaigns.js';

/** A job to enqueue. Smaller priorities run first; jobs without one run before all others. */
interface MailToSend {
  messageId: string;
  priority?: number;
  /** Stays the same until the email is claimed, so enqueueing it again while its job waits adds none. */
  key: string;
}

export interface Dispatched {
  mails: MailToSend[];
  /** Milliseconds until the next dispatch is worthwhile; null if nothing is left to dispatch. */
  again: number | null;
}

/** BullMQ priorities end at 2^21; turns wrap around below that. */
const turnsAround = 2_000_000;
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
 * Picks the next emails: single emails first, then the campaigns of the practices in turn. Enqueues only about two
 * seconds' worth at a time, so a campaign of 30,000 waits in the database and blocks no other practice.
 */
export function createDispatcher(deps: DispatcherDeps) {
  const { db, clock, settings, dataRule, quota, log } = deps;

  async function pick(
    trx: DatabaseTransaction,
  ): Promise<Dispatched & { safetyStops: { practiceId: string; why: string }[] }> {
    const lane = await lockSendingState(trx);
    const now = clock();
    const nothing = { mails: [], again: null, safetyStops: [] };
    if (lane.stop && now < lane.stop.retryAt) return { ...nothing, again: lane.stop.retryAt.getTime() - now.getTime() };

    const queued = await readQueued(trx, lostAfterMs, now);
    const urgent = await nextUrgent(trx, lane.stop ? 1 : urgentAtOnce - queued.urgent, now);
    const rate = rateOf(lane.quota?.perSecond ?? null, shareNow(lane, now), quota.atMost);
    const room = lane.stop ? 1 - urgent.length : roomFor(lane, windowOf(rate), queued.campaigns, urgent.length);

    // Wrap turns around only when no email with an old turn waits; otherwise the old ones would wait forever.
    const served = queued.lowestTurn ?? lane.turn;
    const around = queued.lowestTurn === null ? 0 : Math.floor(queued.lowestTurn / turnsAround);
    const { campaigns, safetyStops, touched } = await readCampaigns(trx, { settings, dataRule }, served, now);
    const picked = await pickWaves(trx, campaigns, room, now);
    const fitting = picked.filter(
      ({ turn }) => queued.lowestTurn === null || Math.floor(turn / turnsAround) === around,
    );

    await markQueued(trx, [...urgent.map(({ id }) => ({ id, turn: null })), ...fitting], now);
    const dispatched = turnsAfter(campaigns, fitting);
    const dispatchedIds = new Set(dispatched.map((row) => row.practice_id));
    await saveTurns(trx, [...dispatched, ...touched.filter((row) => !dispatchedIds.has(row.practice_id))]);
    const highest = Math.max(lane.turn, ...fitting.map(({ turn }) => turn));
    if (highest > lane.turn) await saveTurn(trx, highest);
    const first = urgent[0] ?? fitting[0];
    if (lane.stop && first) await probeWith(trx, first.id, new Date(now.getTime() + probeMs));

    const mails = [
      ...urgent.map(({ id, attempts }) => ({ messageId: id, key: `${id}-${attempts}` })),
      ...fitting.map(({ id, attempts, turn }) => {
        return { messageId: id, key: `${id}-${attempts}`, priority: 1 + (turn % turnsAround) };
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
function roomFor(lane: EmailSending, window: number, queued: number, urgent: number): number {
  const { quota } = lane;
  const today = quota?.in24Hours == null ? Number.POSITIVE_INFINITY : quota.in24Hours - quota.sentIn24Hours - urgent;
  return Math.max(0, Math.min(window, today) - queued);
}

interface PickedOfWave extends QueueItem {
  practiceId: string;
  turn: number;
}

/**
 * Picks emails by fair shares. A practice with fewer emails than its share leaves the rest to the others, so a few
 * rounds fill the room.
 */
async function pickWaves(
  trx: DatabaseTransaction,
  campaigns: readonly Campaign[],
  room: number,
  now: Date,
): Promise<PickedOfWave[]> {
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
      (found.get(practiceId) ?? []).map((item, at) => ({ ...item, practiceId, turn: next + at })),
    )
    .sort((a, b) => a.turn - b.turn)
    .slice(0, Math.max(0, room));
}

function turnsAfter(campaigns: readonly Campaign[], picked: readonly PickedOfWave[]): Campaign['turns'][] {
  return campaigns.flatMap(({ practiceId, turns }) => {
    const ours = picked.filter((one) => one.practiceId === practiceId);
    const last = ours.at(-1);
    if (!last) return [];
    const allowance = turns.allowance === null ? null : turns.allowance - ours.length;
    return [{ ...turns, turn: last.turn, allowance }];
  });
}
