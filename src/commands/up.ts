import { createApp, type App } from '../app/create-app.js';
import { loadConfig, type Config } from '../app/config.js';
import { withDemoConnections } from '../../demo/connections-file.js';
import type { Demo } from '../../demo/start.js';
import { createLog } from '../platform/log.js';
import { queueNames } from '../jobs/catalog.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { serveWeb } from '../app/start-web.js';
import { ping } from '../store/db/database.js';
import { migrate } from '../store/db/migrate.js';
import { runWorkers } from '../app/run-workers.js';
import { onShutdownSignal, leaveWhatHangs } from './stop.js';

/** Runs everything in one process until it is asked to stop. With `demo` configured, brings its own surroundings. */
export async function up(): Promise<void> {
  const stopping = onShutdownSignal();
  const configured = loadConfig(process.env);
  const log = createLog(process.env['LOG_LEVEL'] ?? (configured.demo ? 'warn' : 'info'));
  const demo = configured.demo ? await demoFor(configured, configured.demo) : null;
  const config = demo ? withDemoConnections(configured, demo.connections) : configured;
  const app = createApp(config, log);
  let inGoodOrder = false;
  const started: { stop(): Promise<unknown> }[] = demo ? [demo] : [];
  try {
    await ping(app.db);
    await app.syncClock();
    const warning = await checkRedis(config.redisUrl);
    if (warning) log.warn(warning);
    const migrated = await migrate(app.db);
    if (migrated.length > 0) say(`Migrated: ${migrated.join(', ')}`);
    started.push(await runWorkers(app, { queueNames: [...queueNames] }));
    started.push(await serveWeb(app, demo));
    if (demo) await tellDemo(app, demo, stopping);
    else say(`Serving at ${config.publicUrl}`);
    await stopping;
    inGoodOrder = true;
    say('Stopping ...');
  } finally {
    // The last started goes first: no page may ask for what is already gone.
    let allEnded = true;
    for (const one of started.reverse()) if ((await one.stop()) === false) allEnded = false;
    if (inGoodOrder) leaveWhatHangs(allEnded, log);
    await app.close();
  }
}

async function demoFor(config: Config, demo: NonNullable<Config['demo']>): Promise<Demo> {
  say('Preparing a PIMS for each practice of the demo ...');
  const { startDemo } = await import('../../demo/start.js');
  return startDemo(config, demo);
}

async function tellDemo(app: App, demo: Demo, stopping: Promise<unknown>): Promise<void> {
  const { firstImport } = await import('../../demo/first-import.js');
  await firstImport(app, demo, say, stopping);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
