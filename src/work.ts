import type { App } from './app.js';
import { startWorkers } from './jobs/bullmq.js';
import type { Lane } from './jobs/catalog.js';
import type { Schedule } from './jobs/bullmq.js';
import { createHandlers } from './handlers.js';
import { nightsOf } from './nights.js';
import { startMinute } from './jobs/start-night.js';
import { checkMails } from './mailer/samples.js';
import { ensurePractices } from './store/practices.js';

const stopWithinMs = 20_000;
/** How often the schedules are set again, so that a Redis that lost everything has them back soon. */
const scheduleAgainMs = 60_000;

export interface Work {
  stop(): Promise<void>;
}

/** Starts the workers of the given lanes and keeps the schedules set. */
export async function startWork(
  app: App,
  options: { lanes: readonly Lane[]; concurrency?: number },
): Promise<Work> {
  const { config, log } = app;
  const queues = await app.queues();
  await ensurePractices(app.db, config.practices, app.clock());
  for (const { id } of config.practices) {
    const mail = app.brands.configured(id);
    // A text that names a variable nobody fills is refused now, not when the first mail of the night is made.
    if (mail) await checkMails(mail, app.renderer);
  }
  // What was saved in the console is checked too; one that cannot be used pauses its practice, and tells why.
  await app.brands.refresh({ atOnce: true });
  const { handlers, close } = createHandlers(app, queues);

  const setSchedules = async () => {
    await queues.setSchedules('every-', [
      { id: 'sweep', name: 'sweep', payload: {}, when: { everyMs: 60_000 } },
      { id: 'dispatch', name: 'dispatch-welcomes', payload: {}, when: { everyMs: 2_000 } },
    ]);
    await queues.setSchedules('night-', nightSchedules(app));
  };
  await setSchedules();
  const timer = setInterval(() => {
    setSchedules().catch((error: unknown) =>
      log.warn({ error: String(error) }, 'schedules could not be set'),
    );
  }, scheduleAgainMs);

  const concurrency = options.concurrency === undefined ? {} : eachLane(options.lanes, options.concurrency);
  const workers = startWorkers(config.redisUrl, handlers, { lanes: options.lanes, concurrency }, log);
  // What was owed while no worker ran is asked for at once, not at the next full minute.
  await queues.ask('sweep', {}, { key: 'at-start' });
  return {
    async stop() {
      clearInterval(timer);
      await workers.close(stopWithinMs);
      await close();
    },
  };
}

function nightSchedules(app: App): Schedule[] {
  return nightsOf(app.config).map((night) => {
    const minute = startMinute(night);
    return {
      id: night.practiceId,
      name: 'start-night' as const,
      payload: { practiceId: night.practiceId },
      when: { cron: `${minute % 60} ${Math.floor(minute / 60)} * * *`, timeZone: night.timeZone },
    };
  });
}

function eachLane(lanes: readonly Lane[], count: number): Partial<Record<Lane, number>> {
  return Object.fromEntries(lanes.map((lane) => [lane, count]));
}
