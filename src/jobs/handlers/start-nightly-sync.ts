import { DateTime } from 'luxon';
import type { Clock, NewId } from '../../lib/ids.js';
import type { Database } from '../../store/db/database.js';
import { requestSync } from '../../store/sync-runs/sync-runs.js';
import type { Enqueue, Handler } from '../catalog.js';

/** By so much a schedule may be early. */
const earlyMs = 30_000;
/** By so much it may be late before its night counts as missed. */
const graceMs = 10 * 60_000;

/** When a practice's night begins, on its own clock. */
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

/** Opens tonight's run of a practice, unless there is one already, and asks for it. */
export function createStartNightlySync(deps: NightlySyncDeps): Handler<'start-nightly-sync'> {
  return async ({ practiceId }) => {
    const night = deps.nights().find((one) => one.practiceId === practiceId);
    if (!night) return { skipped: 'the practice is no longer configured' };
    // The schedule may be a moment early by our clock, or, when all workers were busy, so late that it is tomorrow.
    const now = new Date(deps.clock().getTime() + earlyMs);
    return startNightlySync(deps, night, nightlySyncBegun(night, now).date);
  };
}

/** One run for each practice and local date, however often it is asked for. */
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
  if (joined) return { skipped: `run ${runId} serves ${date}` };
  await deps.enqueue('sync-practice', { runId }, { key: runId });
  return { did: `run ${runId} for ${date}` };
}

/**
 * The minute of the local day at which a practice begins: its set time, moved by up to `spreadMinutes` by a hash of its
 * id, so that a thousand practices do not start at once and each starts at the same minute every night.
 */
export function startMinute(night: Night): number {
  const [hour = 0, minute = 0] = night.at.split(':').map(Number);
  let hash = 0;
  for (const character of night.practiceId) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  const moved = night.spreadMinutes === 0 ? 0 : hash % night.spreadMinutes;
  return (hour * 60 + minute + moved) % 1440;
}

/**
 * The moment a night of that local date begins, as the schedule has it: a time that the clocks skip comes as far behind
 * the gap's beginning as it would have (02:30 is 03:30 then); one that they show twice, the first of the two times.
 */
export function startsAt(night: Night, date: string): Date {
  const minute = startMinute(night);
  return DateTime.fromISO(date, { zone: night.timeZone })
    .set({ hour: Math.floor(minute / 60), minute: minute % 60 })
    .toJSDate();
}

/** The latest night that has begun, with the local date it belongs to; early in the day that is yesterday's. */
export function nightlySyncBegun(night: Night, now: Date): { date: string; began: Date } {
  const today = DateTime.fromJSDate(now, { zone: night.timeZone });
  for (let back = 0; ; back++) {
    const date = today.minus({ days: back }).toISODate() as string;
    const began = startsAt(night, date);
    if (began <= now) return { date, began };
  }
}

/** The next moment the practice's night begins. */
export function nextNightlySync(night: Night, now: Date): Date {
  const today = DateTime.fromJSDate(now, { zone: night.timeZone });
  const at = startsAt(night, today.toISODate() as string);
  return at > now ? at : startsAt(night, today.plus({ days: 1 }).toISODate() as string);
}

/**
 * A practice whose latest night has no run: the workers or Redis were away at the time. A night that begins shortly
 * before midnight is made up after it, too; one before the latest is not, which has read everything since.
 */
export async function missedNightlySyncs(deps: NightlySyncDeps): Promise<{ night: Night; date: string }[]> {
  const now = deps.clock();
  const due = deps
    .nights()
    .map((night) => ({ night, ...nightlySyncBegun(night, now) }))
    .filter(({ began }) => now.getTime() - began.getTime() > graceMs)
    .map(({ night, date }) => ({ night, date }));
  if (due.length === 0) return [];
  const done = await deps.db
    .selectFrom('sync_runs')
    .select(['practice_id', 'nightly_date'])
    .where('nightly_date', 'in', [...new Set(due.map(({ date }) => date))])
    .execute();
  const have = new Set(done.map((row) => `${row.practice_id} ${row.nightly_date}`));
  return due.filter(({ night, date }) => !have.has(`${night.practiceId} ${date}`));
}
