import type { DatabaseTransaction } from '../../store/db/database.js';
import { dataWaits, type DataRuleOf } from '../../store/sync-runs/data-age.js';
import { countMessages, practicesOwing } from '../../store/messages/message-queue.js';
import type { Row } from '../../store/db/tables.js';
import { safetyStop, firstStep, nextStep } from './rollout.js';
import type { Waiting } from './fair-queue.js';
import { quietUntil } from './quiet-hours.js';
import { rolloutSchema, type PracticeMail } from '../settings.js';

const defaults = rolloutSchema.parse({});
/**
 * How often a running campaign is recounted, in milliseconds. An SES event about a bounce triggers a recount at once.
 */
const countEveryMs = 60_000;
/** How far back deliveries are counted; older results say little about today's client list. */
const lookBackMs = 7 * 24 * 3600_000;

/** A practice whose campaign may continue now. */
export interface Campaign extends Waiting {
  turns: Row<'fair_queue'>;
}

export interface Campaigns {
  campaigns: Campaign[];
  /** Practices that must stop, each with a sentence that says why. */
  safetyStops: { practiceId: string; why: string }[];
  /** Rows that changed although nothing was dispatched. */
  touched: Row<'fair_queue'>[];
}

/**
 * Returns the campaigns that may continue: not paused, outside quiet hours, with fresh data and within their rollout.
 */
export async function readCampaigns(
  trx: DatabaseTransaction,
  { settings, dataRule }: { settings(practiceId: string): PracticeMail | null; dataRule: DataRuleOf },
  servedTurn: number,
  now: Date,
): Promise<Campaigns> {
  const result: Campaigns = { campaigns: [], safetyStops: [], touched: [] };
  const owing = await practicesOwing(trx);
  const waits = await dataWaits(
    trx,
    owing.map(({ practiceId }) => practiceId),
    dataRule,
    now,
  );
  for (const { practiceId, rolloutFrom, turns: kept } of owing) {
    const mail = settings(practiceId);
    if (!mail || waits.has(practiceId) || quietUntil(now, mail.timeZone, mail.quietHours)) continue;
    const turns = kept ?? newTurns(practiceId, mail);
    const looked = await look(trx, mail, turns, rolloutFrom, now);
    if ('why' in looked) result.safetyStops.push({ practiceId, why: looked.why });
    else if (looked.turns.allowance === null || looked.turns.allowance > 0) {
      const atMost = looked.turns.allowance ?? Number.POSITIVE_INFINITY;
      result.campaigns.push({
        practiceId,
        next: Math.max(servedTurn, looked.turns.turn + 1),
        atMost,
        turns: looked.turns,
      });
    }
    if ('turns' in looked && looked.turns !== kept) result.touched.push(looked.turns);
  }
  return result;
}

function newTurns(practiceId: string, mail: PracticeMail): Row<'fair_queue'> {
  const { step, allowance, watchUntil } = firstStep(mail.rollout);
  return { practice_id: practiceId, turn: -1, step, allowance, watch_until: watchUntil, counted_at: null };
}

async function look(
  trx: DatabaseTransaction,
  mail: PracticeMail,
  turns: Row<'fair_queue'>,
  rolloutFrom: Date | null,
  now: Date,
): Promise<{ turns: Row<'fair_queue'> } | { why: string }> {
  const usedUp =
    turns.allowance !== null && turns.allowance <= 0 && (turns.watch_until === null || turns.watch_until <= now);
  const stale = turns.counted_at === null || now.getTime() - turns.counted_at.getTime() > countEveryMs;
  if (!usedUp && !stale) return { turns };
  const weekAgo = new Date(now.getTime() - lookBackMs);
  const since =
    rolloutFrom && rolloutFrom > weekAgo ? rolloutFrom : turns.step === null ? weekAgo : (rolloutFrom ?? new Date(0));
  const out = await countMessages(trx, mail.practiceId, since);
  const why = safetyStop(out, mail.rollout || defaults);
  if (why) return { why };
  const counted = { ...turns, counted_at: now };
  if (!usedUp) return { turns: counted };
  const campaign = nextStep({ step: turns.step, allowance: 0, watchUntil: turns.watch_until }, out, mail.rollout, now);
  return {
    turns: { ...counted, step: campaign.step, allowance: campaign.allowance, watch_until: campaign.watchUntil },
  };
}
