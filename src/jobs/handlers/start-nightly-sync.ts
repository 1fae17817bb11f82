import { DateTime } from 'luxon';
import type { Clock, NewId } from '../../lib/ids.js';
import type { Database } from '../../store/db/database.js';
import { nightlyRuns } from '../../store/sync-runs/open-runs.js';
import { requestSync } from '../../store/sync-runs/sync-runs.js';
import type { Enqueue, Handler } from '../catalog.js';

/** A schedule may be this early, in milliseconds. */
const earlyMs = 30_000;
/** A schedule may be this late before its nightly sync counts as missed, in milliseconds. */
const graceMs = 10 * 60_000;

/** When a practice's nightly sync starts, on the practice's own clock. */
export interface Night {
  practiceId: string;
  timeZone: string;
  /** `HH:MM` */
  at: string;
  spreadMinutes: number;
}

export interface NightlySyncDeps {
  db: Database;
  enqueue: Enqueue;
  clock: Clock;
  newId: NewId;
  nights(): readonly Night[];
}

/** Creates tonight's run of a practice, unless it exists, and enqueues it. */
export function createStartNightlySync(deps: NightlySyncDeps): Handler<'start-nightly-sync'> {
  return async ({ practiceId }) => {
    const night = deps.nights().find((one) => one.practiceId === practiceId);
    if (!night) return { skipped: 'the practice is no longer configured' };
    // By our clock the schedule may be slightly early or, if all workers were busy, so late that it is already
    // tomorrow.
    const now = new Date(deps.clock().getTime() + earlyMs);
    return startNightlySync(deps, night, nightlySyncBegun(night, now).date);
  };
}

/** Starts at most one run for each practice and local date, however often it is called. */
export async function startNightlySync(
  deps: NightlySyncDeps,
  night: Night,
  date: string,
): Promise<{ did: string } | { skipped: string }> {
  const request = {
    practiceId: night.practiceId,
    kind: 'nightly' as const,
    by: 'the nightly schedule',
    nightlyDate: date,
  };
  const { runId, joined } = await requestSync(deps.db, request, deps.newId, deps.clock);
  if (joined) return { skipped: `run ${runId} already covers ${date}` };
  await deps.enqueue('sync-practice', { runId }, { key: runId });
  return { did: `run ${runId} for ${date}` };
}

/**
 * Returns the minute of the local day at which a practice starts: the configured time plus up to `spreadMinutes`,
 * derived from a hash of its id, so that a thousand practices do not start at once and each starts at the same minute
 * every night.
 */
export function startMinute(night: Night): number {
  const [hour = 0, minute = 0] = night.at.split(':').map(Number);
  let hash = 0;
  for (const character of night.practiceId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  const moved = night.spreadMinutes === 0 ? 0 : hash % night.spreadMinutes;
  return (hour * 60 + minute + moved) % 1440;
}

/**
 * Returns when the nightly sync of that local date starts, by the rules of the schedule. A time that a clock change
 * skips moves by the length of the gap (02:30 becomes 03:30); a time that occurs twice means its first occurrence.
 */
export function startsAt(night: Night, date: string): Date {
  const minute = startMinute(night);
  return DateTime.fromISO(date, { zone: night.timeZone })
    .set({ hour: Math.floor(minute / 60), minute: minute % 60 })
    .toJSDate();
}

/**
 * Returns the latest nightly sync that should have started, with its local date; early in the day that is yesterday's.
 */
export function nightlySyncBegun(night: Night, now: Date): { date: string; began: Date } {
  const today = DateTime.fromJSDate(now, { zone: night.timeZone });
  for (let back = 0; ; back++) {
    const date = today.minus({ days: back }).toISODate() as string;
    const began = startsAt(night, date);
    if (began <= now) return { date, began };
  }
}

/** Returns the next start of the practice's nightly sync. */
export function nextNightlySync(night: Night, now: Date): Date {
  const today = DateTime.fromJSDate(now, { zone: night.timeZone });
  const at = startsAt(night, today.toISODate() as string);
  return at > now ? at : startsAt(night, today.plus({ days: 1 }).toISODate() as string);
}

/**
 * Returns the practices whose latest nightly sync has no run, because the workers or Redis were unavailable. A nightly
 * sync due shortly before midnight is made up after midnight, too. Older ones are not: the latest one reads everything.
 */
export async function missedNightlySyncs(deps: NightlySyncDeps): Promise<{ night: Night; date: string }[]> {
  const now = deps.clock();
  const due = deps
    .nights()
    .map((night) => ({ night, ...nightlySyncBegun(night, now) }))
    .filter(({ began }) => now.getTime() - began.getTime() > graceMs)
    .map(({ night, date }) => ({ night, date }));
  if (due.length === 0) return [];
  const done = await nightlyRuns(deps.db, [...new Set(due.map(({ date }) => date))]);
  const have = new Set(done.map(({ practiceId, date }) => `${practiceId} ${date}`));
  return due.filter(({ night, date }) => !have.has(`${night.practiceId} ${date}`));
}
