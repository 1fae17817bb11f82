import type { DatabaseTransaction } from '../../store/db/database.js';
import { dataWaits, type DataRuleOf } from '../../store/sync-runs/data-age.js';
import { countMessages, practicesWithCampaigns } from '../../store/messages/message-queue.js';
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
  place: Row<'fair_queue'>;
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
  servedPosition: number,
  now: Date,
): Promise<Campaigns> {
  const result: Campaigns = { campaigns: [], safetyStops: [], touched: [] };
  const owing = await practicesWithCampaigns(trx);
  const waits = await dataWaits(
    trx,
    owing.map(({ practiceId }) => practiceId),
    dataRule,
    now,
  );
  for (const { practiceId, rolloutFrom, place: kept } of owing) {
    const mail = settings(practiceId);
    if (!mail || waits.has(practiceId) || quietUntil(now, mail.timeZone, mail.quietHours)) continue;
    const place = kept ?? newPlace(practiceId, mail);
    const looked = await look(trx, mail, place, rolloutFrom, now);
    if ('why' in looked) result.safetyStops.push({ practiceId, why: looked.why });
    else if (looked.place.allowance === null || looked.place.allowance > 0) {
      const atMost = looked.place.allowance ?? Number.POSITIVE_INFINITY;
      result.campaigns.push({
        practiceId,
        next: Math.max(servedPosition, looked.place.position + 1),
        atMost,
        place: looked.place,
      });
    }
    if ('place' in looked && looked.place !== kept) result.touched.push(looked.place);
  }
  return result;
}

function newPlace(practiceId: string, mail: PracticeMail): Row<'fair_queue'> {
  const { step, allowance, watchUntil } = firstStep(mail.rollout);
  return { practice_id: practiceId, position: -1, step, allowance, watch_until: watchUntil, counted_at: null };
}

async function look(
  trx: DatabaseTransaction,
  mail: PracticeMail,
  place: Row<'fair_queue'>,
  rolloutFrom: Date | null,
  now: Date,
): Promise<{ place: Row<'fair_queue'> } | { why: string }> {
  const usedUp =
    place.allowance !== null && place.allowance <= 0 && (place.watch_until === null || place.watch_until <= now);
  const stale = place.counted_at === null || now.getTime() - place.counted_at.getTime() > countEveryMs;
  if (!usedUp && !stale) return { place };
  const weekAgo = new Date(now.getTime() - lookBackMs);
  const since =
    rolloutFrom && rolloutFrom > weekAgo ? rolloutFrom : place.step === null ? weekAgo : (rolloutFrom ?? new Date(0));
  const out = await countMessages(trx, mail.practiceId, since);
  const why = safetyStop(out, mail.rollout || defaults);
  if (why) return { why };
  const counted = { ...place, counted_at: now };
  if (!usedUp) return { place: counted };
  const campaign = nextStep({ step: place.step, allowance: 0, watchUntil: place.watch_until }, out, mail.rollout, now);
  return {
    place: { ...counted, step: campaign.step, allowance: campaign.allowance, watch_until: campaign.watchUntil },
  };
}
