import { createApp } from '../app/create-app.js';
import { loadConfig } from '../app/config.js';
import { createLog } from '../platform/log.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { ping } from '../store/db/database.js';
import { serveHealth } from '../app/health.js';
import { runWorkers, type RunWorkersOptions } from '../app/run-workers.js';
import { onShutdownSignal, leaveWhatHangs } from '../app/stop.js';

export interface WorkerCommandOptions extends RunWorkersOptions {
  /** Port of the health endpoints; if left out, there are none. */
  healthPort?: number;
}

/** Processes jobs until a signal stops it; then finishes or hands back running jobs and exits with status 0. */
export async function worker(options: WorkerCommandOptions): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? 'info');
  const stop = onShutdownSignal();
  const app = createApp(config, log);
  try {
    await ping(app.db);
    await app.syncClock();
    const warning = await checkRedis(config.redisUrl);
    if (warning) log.warn(warning);
    const health = options.healthPort === undefined ? null : await serveHealth(app, options.healthPort);
    try {
      const work = await runWorkers(app, options);
      health?.now('working');
      log.info({ queueNames: options.queueNames, ...(health ? { healthPort: health.port } : {}) }, 'working');
      log.info({ signal: await stop }, 'stopping');
      health?.now('stopping');
      leaveWhatHangs(await work.stop(), log);
    } finally {
      await health?.stop();
    }
  } finally {
    await app.close();
  }
}
