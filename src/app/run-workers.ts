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
  /** @returns false if a job did not end in time and was abandoned; it may keep the process from exiting by itself */
  stop(): Promise<boolean>;
}

export interface RunWorkersOptions {
  queueNames: readonly QueueName[];
  /** Concurrent jobs by queue; a queue that is not named uses its default. */
  concurrency?: Partial<Record<QueueName, number>>;
}

/** Starts the workers of the given queues and maintains the schedules. Leaves nothing running if it throws. */
export async function runWorkers(app: App, options: RunWorkersOptions): Promise<Work> {
  const { config, log, clock } = app;
  const queues = await app.queues();
  await ensurePractices(app.db, config.practices, clock());
  for (const { id } of config.practices) {
    const mail = app.brands.configured(id);
    // Refuse a text with an unknown variable now, not when the first email of the night is rendered.
    if (mail) await checkMails(mail, app.renderer);
  }
  // Also checks the branding saved in the console; unusable branding pauses its practice and shows the reason.
  await app.brands.refresh({ atOnce: true });
  await queues.setSchedules('night-', nightlyJobSchedules(app));
  // Enqueue work left over from before the start at once, not at the next full minute.
  await queues.enqueue('sweep', {}, { key: 'at-start' });

  const { handlers, close } = await createHandlers(app, queues);
  // Nothing after this can fail, so `stop` stops everything that is started here.
  const { queueNames, concurrency = {} } = options;
  const workers = startWorkers(config.redisUrl, handlers, { queueNames, concurrency, clock }, log);
  const clusterTimers = startClusterTimers(queues, clusterTimersOf(app, queues), log);
  return {
    async stop() {
      await clusterTimers.stop();
      const allEnded = await workers.close(stopWithinMs);
      await close();
      return allEnded;
    },
  };
}

/** Periodic tasks that must run even if jobs, processes or clocks fail. */
function clusterTimersOf(app: App, queues: Queues) {
  return [
    { name: 'sweep', everyMs: 60_000, do: () => queues.enqueue('sweep', {}, { key: 'cluster-timer' }) },
    { name: 'dispatch', everyMs: 2_000, do: () => queues.enqueue('dispatch-messages', {}, { key: 'one' }) },
    // Set again every minute, so that a Redis that lost its data gets the schedules back soon.
    { name: 'nightly-schedules', everyMs: 60_000, do: () => queues.setSchedules('night-', nightlyJobSchedules(app)) },
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
