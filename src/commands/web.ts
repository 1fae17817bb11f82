import { loadConfig } from '../app/config.js';
import { serveWeb } from '../app/start-web.js';
import { onShutdownSignal } from '../app/stop.js';
import { withService } from '../app/with-app.js';
import { createLog } from '../platform/log.js';
import { ensurePractices } from '../store/sync-runs/practices.js';

/** Serves the pages and the API until a signal stops it. */
export async function web(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? 'info');
  const stop = onShutdownSignal();
  await withService(config, log, async (app) => {
    await ensurePractices(app.db, config.practices, app.clock());
    const served = await serveWeb(app);
    log.info({ url: served.url }, 'serving');
    log.info({ signal: await stop }, 'stopping');
    await served.stop();
  });
}
