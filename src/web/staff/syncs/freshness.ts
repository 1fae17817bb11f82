import type { SyncRun } from '../../../store/sync-runs/sync-runs.js';
import type { Tone } from '../../ui/notice.js';
import { agoText, dateTimeText } from '../../ui/when.js';

/** Age of a practice's data, with the cause and the next step. */
export interface Freshness {
  tone: Tone;
  title: string;
  more: string | null;
}

/** Hours after which data count as old even without an error, because a nightly sync was missed. */
export const staleHours = 36;

/**
 * Describes how fresh the data is, with the cause and the next step if it is old.
 *
 * @param runs runs of the whole practice, newest first
 */
export function freshnessOf(runs: readonly SyncRun[], pimsName: string, timeZone: string, now: Date): Freshness {
  const done = runs.find(({ state }) => state === 'done');
  const latest = runs[0];
  const since = done?.finishedAt ?? null;
  const troubled = latest?.error && latest.state !== 'done' ? latest : null;
  if (troubled) {
    const stopped = troubled.state === 'stopped';
    return {
      tone: stopped ? 'warn' : 'bad',
      title: since ? `No new data since ${dateTimeText(since, timeZone)}.` : `${pimsName} could not be read yet.`,
      more: [troubled.error?.message, troubled.error?.help].filter(Boolean).join(' ') || null,
    };
  }
  if (!since) {
    return {
      tone: 'info',
      title: latest ? `${pimsName} is being read for the first time.` : `${pimsName} has not been read yet.`,
      more: latest ? null : 'The nightly sync reads it, or press Resync now.',
    };
  }
  const hours = (now.getTime() - since.getTime()) / 3_600_000;
  if (hours > staleHours) {
    return {
      tone: 'warn',
      title: `The data is from ${dateTimeText(since, timeZone)}.`,
      more: 'A nightly sync was missed without an error. Was pims-sync switched off? Press Resync now to catch up.',
    };
  }
  return {
    tone: 'good',
    title: `The data is up to date as of ${agoText(since, now)}.`,
    more: dateTimeText(since, timeZone),
  };
}
