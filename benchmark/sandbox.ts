import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { stringify } from 'yaml';
import type { Config } from '../src/app/config.js';
import { Secret } from '../src/lib/secret.js';
import { spareRedis, type SpareRedis } from './redis-spare.js';
import { openDatabase, type Database } from '../src/store/db/database.js';
import { migrate } from '../src/store/db/migrate.js';
import { openConnection } from '../src/store/db/session.js';

/** Keeps what takes away something that was made. */
export type Undo = (step: () => unknown) => void;

/**
 * Builds something out of parts that must all be taken away again, the last first: by `remove`, or at once when the
 * building fails.
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

/** A folder of the benchmark's own, for a while. */
export function ownFolder(undo: Undo): string {
  const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
  undo(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** An empty database on the server of `DATABASE_URL`, and a connection to that server that may make more. */
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

/** What processes of ours need to run on: nothing of it is anyone else's. */
export interface Sandbox {
  folder: string;
  spare: SpareRedis;
  admin: Connection;
  databaseName: string;
  databaseUrl: string;
  /** Migrated. */
  db: Database;
  /** @returns the environment of a process with these settings, which are written to a file */
  env(settings: object): Record<string, string>;
}

/** A folder, a Redis number and a migrated database. */
export async function ownGround(config: Config, what: string, undo: Undo): Promise<Sandbox> {
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
