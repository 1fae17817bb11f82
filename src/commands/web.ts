import { createApp } from '../app/create-app.js';
import { loadConfig } from '../app/config.js';
import { createLog } from '../platform/log.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { serveWeb } from '../app/start-web.js';
import { ping } from '../store/db/database.js';
import { ensurePractices } from '../store/sync-runs/practices.js';
import { onShutdownSignal } from '../app/stop.js';

/** Serves the pages and the API until a signal stops it. */
export async function web(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? 'info');
  const stop = onShutdownSignal();
  const app = createApp(config, log);
  try {
    await ping(app.db);
    await app.syncClock();
    const warning = await checkRedis(config.redisUrl);
    if (warning) log.warn(warning);
    await ensurePractices(app.db, config.practices, app.clock());
    const served = await serveWeb(app);
    log.info({ url: served.url }, 'serving');
    log.info({ signal: await stop }, 'stopping');
    await served.stop();
  } finally {
    await app.close();
  }
}
