import type { Logger } from 'pino';
import { queueNames } from '../jobs/catalog.js';
import { migrate } from '../store/db/migrate.js';
import type { Config } from './config-schema.js';
import type { App } from './create-app.js';
import { runWorkers } from './run-workers.js';
import { serveWeb, type ServeOptions } from './start-web.js';
import { exitDespiteHangingJobs } from './stop.js';
import { withService } from './with-app.js';

export interface RunAllOptions extends ServeOptions {
  config: Config;
  log: Logger;
  /** Resolves when the process must stop. */
  stopping: Promise<unknown>;
  say(text: string): void;
  /** Called once everything is running. */
  onReady(app: App): Promise<void>;
}

/** Runs migrations, workers and web pages in this process until `stopping` resolves, then stops them in reverse order. */
export async function runAll({ config, log, stopping, say, onReady, ...serve }: RunAllOptions): Promise<void> {
  await withService(config, log, async (app) => {
    let stoppedOnRequest = false;
    const started: { stop(): Promise<unknown> }[] = [];
    try {
      const migrated = await migrate(app.db);
      if (migrated.length > 0) say(`Migrated: ${migrated.join(', ')}`);
      started.push(await runWorkers(app, { queueNames: [...queueNames] }));
      started.push(await serveWeb(app, serve));
      await onReady(app);
      await stopping;
      stoppedOnRequest = true;
      say('Stopping ...');
    } finally {
      let allEnded = true;
      for (const one of started.reverse()) if ((await one.stop()) === false) allEnded = false;
      if (stoppedOnRequest) exitDespiteHangingJobs(allEnded, log);
    }
  });
}
