import { loadConfig } from '../app/config.js';
import { serveHealth } from '../app/health.js';
import { runWorkers, type RunWorkersOptions } from '../app/run-workers.js';
import { exitDespiteHangingJobs, onShutdownSignal } from '../app/stop.js';
import { withService } from '../app/with-app.js';
import { createLog } from '../platform/log.js';

interface WorkerCommandOptions extends Omit<RunWorkersOptions, 'queueNames'> {
  queues: RunWorkersOptions['queueNames'];
  /** Port of the health endpoints; if left out, there are none. */
  healthPort?: number;
}

/** Processes jobs until a signal stops it; then finishes or hands back running jobs and exits with status 0. */
export async function worker(options: WorkerCommandOptions): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? 'info');
  const stop = onShutdownSignal();
  await withService(config, log, async (app) => {
    const health = options.healthPort === undefined ? null : await serveHealth(app, options.healthPort);
    try {
      const work = await runWorkers(app, { ...options, queueNames: options.queues });
      health?.now('working');
      log.info({ queueNames: options.queues, ...(health ? { healthPort: health.port } : {}) }, 'working');
      log.info({ signal: await stop }, 'stopping');
      health?.now('stopping');
      exitDespiteHangingJobs(await work.stop(), log);
    } finally {
      await health?.stop();
    }
  });
}
