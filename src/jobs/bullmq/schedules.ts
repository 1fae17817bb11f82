import type { JobSchedulerJson, JobsOptions, Queue } from 'bullmq';
import { catalog, type JobName, type QueueName, type Payload } from '../catalog.js';

export interface Schedule<N extends JobName = JobName> {
  /** Id of the schedule; setting it again replaces it. */
  id: string;
  name: N;
  payload: Payload<N>;
  when: { cron: string; timeZone: string };
}

/** Age in milliseconds after which an overdue schedule counts as having lost its job. */
const lostAfterMs = 10 * 60_000;

/**
 * Replaces all schedules with the prefix. Costs Redis a read per queue, and a script only for each schedule that is
 * missing, differs or has lost its job.
 */
export async function setSchedules(
  queues: ReadonlyMap<QueueName, Queue>,
  idPrefix: string,
  schedules: readonly Schedule[],
  optionsOf: (name: JobName) => JobsOptions,
): Promise<void> {
  for (const [queueName, queue] of queues) {
    const found = new Map((await queue.getJobSchedulers()).map((one) => [one.key, one]));
    for (const schedule of schedules.filter(({ name }) => catalog[name].queueName === queueName)) {
      const key = idPrefix + schedule.id;
      const current = found.get(key);
      found.delete(key);
      const hasLostItsJob = current !== undefined && (current.next ?? 0) < Date.now() - lostAfterMs;
      if (current && isSame(schedule, current) && !hasLostItsJob) continue;
      if (hasLostItsJob) await queue.removeJobScheduler(key);
      const { name, payload, when } = schedule;
      const repeat = { pattern: when.cron, tz: when.timeZone };
      await queue.upsertJobScheduler(key, repeat, { name, data: payload, opts: optionsOf(name) });
    }
    for (const key of found.keys()) if (key.startsWith(idPrefix)) await queue.removeJobScheduler(key);
  }
}

function isSame({ name, payload, when }: Schedule, one: JobSchedulerJson): boolean {
  const sameTime = one.pattern === when.cron && one.tz === when.timeZone;
  return sameTime && one.name === name && JSON.stringify(one.template?.data ?? {}) === JSON.stringify(payload);
}
