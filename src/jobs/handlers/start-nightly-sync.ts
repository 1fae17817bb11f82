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
export interface NightlySchedule {
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
  schedules(): readonly NightlySchedule[];
}

/** Creates tonight's run of a practice, unless it exists, and enqueues it. */
export function createStartNightlySync(deps: NightlySyncDeps): Handler<'start-nightly-sync'> {
  return async ({ practiceId }) => {
    const schedule = deps.schedules().find((one) => one.practiceId === practiceId);
    if (!schedule) return { skipped: 'the practice is no longer configured' };
    // By our clock the schedule may be slightly early or, if all workers were busy, so late that it is already
    // tomorrow.
    const now = new Date(deps.clock().getTime() + earlyMs);
    return startNightlySync(deps, schedule, lastNightlySync(schedule, now).date);
  };
}

/** Starts at most one run for each practice and local date, however often it is called. */
export async function startNightlySync(
  deps: NightlySyncDeps,
  schedule: NightlySchedule,
  date: string,
): Promise<{ did: string } | { skipped: string }> {
  const request = {
    practiceId: schedule.practiceId,
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
export function startMinute(schedule: NightlySchedule): number {
  const [hour = 0, minute = 0] = schedule.at.split(':').map(Number);
  let hash = 0;
  for (const character of schedule.practiceId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  const moved = schedule.spreadMinutes === 0 ? 0 : hash % schedule.spreadMinutes;
  return (hour * 60 + minute + moved) % 1440;
}

/**
 * Returns when the nightly sync of that local date starts, by the rules of the schedule. A time that a clock change
 * skips moves by the length of the gap (02:30 becomes 03:30); a time that occurs twice means its first occurrence.
 */
export function startsAt(schedule: NightlySchedule, date: string): Date {
  const minute = startMinute(schedule);
  return DateTime.fromISO(date, { zone: schedule.timeZone })
    .set({ hour: Math.floor(minute / 60), minute: minute % 60 })
    .toJSDate();
}

/**
 * Returns the latest nightly sync that should have started, with its local date; early in the day that is yesterday's.
 */
export function lastNightlySync(schedule: NightlySchedule, now: Date): { date: string; began: Date } {
  const today = DateTime.fromJSDate(now, { zone: schedule.timeZone });
  for (let back = 0; ; back++) {
    const date = today.minus({ days: back }).toISODate() as string;
    const began = startsAt(schedule, date);
    if (began <= now) return { date, began };
  }
}

/** Returns the next start of the practice's nightly sync. */
export function nextNightlySync(schedule: NightlySchedule, now: Date): Date {
  const today = DateTime.fromJSDate(now, { zone: schedule.timeZone });
  const at = startsAt(schedule, today.toISODate() as string);
  return at > now ? at : startsAt(schedule, today.plus({ days: 1 }).toISODate() as string);
}

/**
 * Returns the practices whose latest nightly sync has no run, because the workers or Redis were unavailable. A nightly
 * sync due shortly before midnight is made up after midnight, too. Older ones are not: the latest one reads everything.
 */
export async function missedNightlySyncs(
  deps: NightlySyncDeps,
): Promise<{ schedule: NightlySchedule; date: string }[]> {
  const now = deps.clock();
  const due = deps
    .schedules()
    .map((schedule) => ({ schedule, ...lastNightlySync(schedule, now) }))
    .filter(({ began }) => now.getTime() - began.getTime() > graceMs)
    .map(({ schedule, date }) => ({ schedule, date }));
  if (due.length === 0) return [];
  const done = await nightlyRuns(deps.db, [...new Set(due.map(({ date }) => date))]);
  const have = new Set(done.map(({ practiceId, date }) => `${practiceId} ${date}`));
  return due.filter(({ schedule, date }) => !have.has(`${schedule.practiceId} ${date}`));
}
