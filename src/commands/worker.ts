import { createApp } from '../app.js';
import { loadConfig } from '../config.js';
import { createLog } from '../log.js';
import { provedRedis } from '../jobs/redis.js';
import type { Lane } from '../jobs/catalog.js';
import { ping } from '../store/database.js';
import { startWork } from '../work.js';
import { askedToStop } from './stop.js';

/** Works on jobs until it is asked to stop; then finishes or hands back what it has, and exits with status 0. */
export async function worker(options: { lanes: Lane[]; concurrency?: number }): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? 'info');
  const stop = askedToStop();
  const app = createApp(config, log);
  try {
    await ping(app.db);
    const warning = await provedRedis(config.redisUrl);
    if (warning) log.warn(warning);
    const work = await startWork(app, options);
    log.info({ lanes: options.lanes }, 'working');
    log.info({ signal: await stop }, 'stopping');
    await work.stop();
  } finally {
    await app.close();
  }
}
