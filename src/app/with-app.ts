import type { Logger } from 'pino';
import { checkRedis } from '../jobs/bullmq/redis.js';
import type { Secret } from '../lib/secret.js';
import { createLog } from '../platform/log.js';
import { openDatabase, ping, type Database } from '../store/db/database.js';
import { loadConfig, practiceById } from './config.js';
import type { Config } from './config-schema.js';
import { createApp, type App } from './create-app.js';

export interface WithAppOptions {
  /** A practice that must be configured. */
  practiceId?: string | undefined;
  /** Whether the database must answer. Default: true. */
  needsDatabase?: boolean;
}

/**
 * Runs a command with an app on the database's time, and closes the app afterwards.
 *
 * @throws Problem `config-wrong`, `practice-unknown`, or the database's
 */
export async function withApp<T>(work: (app: App) => Promise<T>, options: WithAppOptions = {}): Promise<T> {
  const config = loadConfig(process.env);
  if (options.practiceId !== undefined) practiceById(config, options.practiceId);
  const app = createApp(config, createLog(process.env['LOG_LEVEL'] ?? 'error'));
  try {
    if (options.needsDatabase ?? true) await useDatabase(app);
    return await work(app);
  } finally {
    await app.close();
  }
}

/** Proves that the database answers, and takes the time from it. */
async function useDatabase(app: App): Promise<void> {
  await ping(app.db);
  await app.syncClock();
}

/**
 * Runs a long-lived process with an app on the database's time, and closes the app afterwards.
 *
 * @throws Problem if the database or Redis does not answer
 */
export async function withService<T>(config: Config, log: Logger, work: (app: App) => Promise<T>): Promise<T> {
  const app = createApp(config, log);
  try {
    await useDatabase(app);
    const warning = await checkRedis(config.redisUrl);
    if (warning) log.warn(warning);
    return await work(app);
  } finally {
    await app.close();
  }
}

/** Runs a command with one connection to a database, and closes it afterwards. */
export async function withDatabase<T>(url: Secret, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase(url, 1);
  try {
    await ping(db);
    return await work(db);
  } finally {
    await db.destroy();
  }
}
