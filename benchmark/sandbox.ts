import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { stringify } from 'yaml';
import type { Config } from '../src/app/config-schema.js';
import { Secret } from '../src/lib/secret.js';
import { spareRedis, type SpareRedis } from './redis-spare.js';
import { openDatabase, type Database } from '../src/store/db/database.js';
import { migrate } from '../src/store/db/migrate.js';
import { openConnection } from '../src/store/db/session.js';

/** Registers a step that removes something that was made. */
export type Undo = (step: () => unknown) => void;

/**
 * Builds something out of parts and removes them in reverse order: when `remove` is called, or at once if building
 * fails.
 */
export async function withUndo<T extends object>(
  build: (undo: Undo) => Promise<T>,
): Promise<T & { remove(): Promise<void> }> {
  const steps: (() => unknown)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of steps.splice(0).reverse()) await step();
  };
  try {
    return { ...(await build((step) => steps.push(step))), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Makes a temporary folder for the benchmark. */
export function ownFolder(undo: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
  undo(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Makes an empty database on the server of `DATABASE_URL`, and a connection that may create more. */
export async function ownDatabase(
  config: Config,
  what: string,
  undo: Undo,
): Promise<{ admin: Connection; name: string; url: string }> {
  const name = `pims_bench_${what}_${process.pid}`;
  const admin = await openConnection({ uri: config.databaseUrl.open() });
  undo(() => admin.end());
  await admin.query(`DROP DATABASE IF EXISTS ${name}`);
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  undo(() => admin.query(`DROP DATABASE ${name}`));
  const url = Object.assign(new URL(config.databaseUrl.open()), { pathname: `/${name}` }).href;
  return { admin, name, url };
}

/** The resources that our processes need to run, used by this benchmark alone. */
export interface Sandbox {
  folder: string;
  spare: SpareRedis;
  admin: Connection;
  databaseName: string;
  databaseUrl: string;
  /** The migrated database. */
  db: Database;
  /** @returns the environment of a process with these settings; writes the settings to a file */
  env(settings: object): Record<string, string>;
}

/** Makes a folder, a Redis database number and a migrated database. */
export async function ownSandbox(config: Config, what: string, undo: Undo): Promise<Sandbox> {
  const folder = ownFolder(undo);
  const spare = await spareRedis(config.redisUrl);
  undo(() => spare.giveBack());
  const { admin, name, url } = await ownDatabase(config, what, undo);
  const db = openDatabase(new Secret(url));
  undo(() => db.destroy());
  await migrate(db);
  return {
    folder,
    spare,
    admin,
    databaseName: name,
    databaseUrl: url,
    db,
    env(settings) {
      const configFile = join(folder, 'pims-sync.yaml');
      writeFileSync(configFile, stringify(settings), { mode: 0o600 });
      return {
        PIMS_SYNC_CONFIG: configFile,
        DATABASE_URL: url,
        REDIS_URL: spare.url.open(),
        CREDENTIAL_KEYS: config.credentialKeys.open(),
      };
    },
  };
}
