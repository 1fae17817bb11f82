import { ErrorCode, getNextMillis, type JobSchedulerJson, type JobsOptions, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { catalog, type JobName, type QueueName, type Payload } from '../catalog.js';

export interface Schedule<N extends JobName = JobName> {
  /** Id of the schedule; setting it again replaces it. */
  id: string;
  name: N;
  payload: Payload<N>;
  /** The cron expression must be due at least once a day. */
  when: { cron: string; timeZone: string };
}

type Lanes = ReadonlyMap<QueueName, Queue>;

/** Length of a day on which the clocks are set back. */
const longestDayMs = 25 * 3600_000;
/** Tolerance in milliseconds for jobs dated by a correct clock. */
const toleratedMs = 10_000;
/** Age in milliseconds after which an overdue schedule counts as having lost its job. */
const lostAfterMs = 10 * 60_000;

/**
 * Replaces all schedules with the prefix. Costs Redis a read per queue, and a script per schedule that needs a change.
 */
export async function setSchedules(
  queueNames: Lanes,
  redis: Redis,
  idPrefix: string,
  schedules: readonly Schedule[],
  optionsOf: (name: JobName) => JobsOptions,
): Promise<void> {
  const nowMs = await redisNow(redis);
  for (const [queueName, queue] of queueNames) {
    const wanted = schedules.filter(({ name }) => catalog[name].queueName === queueName);
    const { set, remove } = changedSchedules(idPrefix, wanted, await queue.getJobSchedulers(), nowMs);
    for (const key of remove) await queue.removeJobScheduler(key);
    for (const schedule of set) await setOne(queue, idPrefix + schedule.id, schedule, optionsOf(schedule.name), nowMs);
  }
}

async function setOne(
  queue: Queue,
  key: string,
  { name, payload, when }: Schedule,
  opts: JobsOptions,
  nowMs: number,
): Promise<void> {
  const repeat = { pattern: when.cron, tz: when.timeZone };
  const set = () => queue.upsertJobScheduler(key, repeat, { name, data: payload, opts });
  try {
    await set();
  } catch (error) {
    if ((error as { code?: unknown }).code !== ErrorCode.SchedulerJobIdCollision) throw error;
    // A worker with a fast clock already ran the job of that time; its leftover key blocks the id.
    await queue.remove(`repeat:${key}:${getNextMillis(nowMs, repeat)}`);
    await set();
  }
}

/**
 * Returns the schedules to set again and the keys to remove: schedules that are missing, differ, have stalled, or were
 * dated by a fast clock. Setting costs Redis a script each, so correct ones are left alone.
 */
export function changedSchedules(
  idPrefix: string,
  wanted: readonly Schedule[],
  found: readonly JobSchedulerJson[],
  nowMs: number,
): { set: Schedule[]; remove: string[] } {
  const there = new Map(found.map((one) => [one.key, one]));
  const set: Schedule[] = [];
  const remove: string[] = [];
  for (const schedule of wanted) {
    const key = idPrefix + schedule.id;
    const one = there.get(key);
    there.delete(key);
    if (one && isSame(schedule, one) && nextIsRight(one.next, nowMs)) continue;
    set.push(schedule);
    // BullMQ keeps the time of the waiting job, however far away; it computes a new time only if there is none.
    if (one && !nextIsRight(one.next, nowMs)) remove.push(key);
  }
  return { set, remove: [...remove, ...[...there.keys()].filter((key) => key.startsWith(idPrefix))] };
}

function isSame({ name, payload, when }: Schedule, one: JobSchedulerJson): boolean {
  const sameTime = one.pattern === when.cron && one.tz === when.timeZone;
  return sameTime && one.name === name && JSON.stringify(one.template?.data ?? {}) === JSON.stringify(payload);
}

function nextIsRight(next: number | undefined, nowMs: number): boolean {
  return next !== undefined && next > nowMs - lostAfterMs && next < nowMs + longestDayMs + toleratedMs;
}

/**
 * Corrects the due time of jobs delayed by a fast clock: BullMQ adds a job's delay to the clock of the worker that
 * delays it. Workers check for due jobs within ten seconds. Jobs of a schedule are skipped.
 *
 * @returns the number of corrected jobs
 */
export async function fixDelayedJobs(queueNames: Lanes, redis: Redis): Promise<number> {
  let brought = 0;
  const nowMs = await redisNow(redis);
  for (const queue of queueNames.values()) {
    // BullMQ's score is the time in milliseconds times 4096, plus a counter.
    const late = await redis.zrangebyscore(
      queue.toKey('delayed'),
      (nowMs + toleratedMs) * 0x1000,
      '+inf',
      'WITHSCORES',
    );
    for (let at = 0; at < late.length; at += 2) {
      const [id = '', score] = late.slice(at, at + 2);
      if (id.startsWith('repeat:')) continue;
      const job = await queue.getJob(id);
      if (!job || Number(score) / 0x1000 - nowMs <= job.delay + toleratedMs) continue;
      // The intended delay, counted from now; unless the job was taken meanwhile.
      const due = (nowMs + job.delay) * 0x1000;
      brought += Number(await redis.zadd(queue.toKey('delayed'), 'XX', 'CH', due, id));
    }
  }
  return brought;
}

/** Returns the clock of Redis in milliseconds; all processes share it. */
export async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
