import type { App } from './create-app.js';
import { startClusterTimers } from '../jobs/cluster-timers.js';
import type { Queues, Schedule } from '../jobs/bullmq/queues.js';
import { startWorkers } from '../jobs/bullmq/workers.js';
import type { QueueName } from '../jobs/catalog.js';
import { createHandlers } from './handlers.js';
import { nightlySchedulesOf } from './nightly-schedules.js';
import { startMinute } from '../jobs/handlers/start-nightly-sync.js';
import { checkMails } from '../mailer/branding/sample-emails.js';
import { ensurePractices } from '../store/sync-runs/practices.js';

const stopWithinMs = 20_000;

export interface Work {
  /** @returns false when a job was left that did not end in time; it may keep the process from ending by itself */
  stop(): Promise<boolean>;
}

export interface RunWorkersOptions {
  queueNames: readonly QueueName[];
  /** Jobs at a time, by queue; the usual where a queue is not named. */
  concurrency?: Partial<Record<QueueName, number>>;
}

/** Starts the workers of the given queues and keeps the schedules set. Leaves nothing running when it throws. */
export async function runWorkers(app: App, options: RunWorkersOptions): Promise<Work> {
  const { config, log, clock } = app;
  const queues = await app.queues();
  await ensurePractices(app.db, config.practices, clock());
  for (const { id } of config.practices) {
    const mail = app.brands.configured(id);
    // A text that names a variable nobody fills is refused now, not when the first mail of the night is made.
    if (mail) await checkMails(mail, app.renderer);
  }
  // What was saved in the console is checked too; one that cannot be used pauses its practice, and tells why.
  await app.brands.refresh({ atOnce: true });
  await queues.setSchedules('night-', nightlyJobSchedules(app));
  // What was owed while no worker ran is asked for at once, not at the next full minute.
  await queues.enqueue('sweep', {}, { key: 'at-start' });

  // Nothing that follows can fail: whatever runs from here on is stopped by `stop`.
  const { handlers, close } = createHandlers(app, queues);
  const { queueNames, concurrency = {} } = options;
  const workers = startWorkers(config.redisUrl, handlers, { queueNames, concurrency, clock }, log);
  const clusterTimers = startClusterTimers(queues, beatsOf(app, queues), log);
  return {
    async stop() {
      await clusterTimers.stop();
      const allEnded = await workers.close(stopWithinMs);
      await close();
      return allEnded;
    },
  };
}

/** What must come whatever becomes of single jobs, processes and clocks. */
function beatsOf(app: App, queues: Queues) {
  return [
    { name: 'sweep', everyMs: 60_000, do: () => queues.enqueue('sweep', {}, { key: 'beat' }) },
    { name: 'dispatch', everyMs: 2_000, do: () => queues.enqueue('dispatch-messages', {}, { key: 'one' }) },
    { name: 'late', everyMs: 10_000, do: () => queues.fixDelayedJobs() },
    // Again and again, so that a Redis that lost everything has them back soon.
    { name: 'nights', everyMs: 60_000, do: () => queues.setSchedules('night-', nightlyJobSchedules(app)) },
  ];
}

function nightlyJobSchedules(app: App): Schedule[] {
  return nightlySchedulesOf(app.config).map((night) => {
    const minute = startMinute(night);
    return {
      id: night.practiceId,
      name: 'start-nightly-sync' as const,
      payload: { practiceId: night.practiceId },
      when: { cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, timeZone: night.timeZone },
    };
  });
}
