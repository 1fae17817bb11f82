import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '../../src/lib/secret.js';
import { openConnection } from '../../src/store/db/session.js';

/** The places of this suite's practices while it runs. */
export interface Places {
  folder: string;
  /** URL of our MariaDB server, with its login. */
  mysqlUrl: string;
  /** Returns a connector's settings for a database on that server. */
  settings(database: string): Record<string, string | number>;
  /** Returns the name of a database of this run, which is dropped at the end. */
  database(name: string): string;
  /** Creates an empty database of this run and returns its name. */
  emptyDatabase(name: string): Promise<string>;
  run(database: string, ...statements: string[]): Promise<void>;
  remove(): Promise<void>;
}

export async function openPlaces(databaseUrl: Secret): Promise<Places> {
  const url = new URL(databaseUrl.open());
  const folder = mkdtempSync(join(tmpdir(), 'pims-sync-reading-'));
  const admin = await openConnection({ uri: url.href });
  const made = new Set<string>();
  const database = (name: string): string => {
    const full = `pims_reading_${process.pid}_${name}`;
    made.add(full);
    return full;
  };
  return {
    folder,
    mysqlUrl: url.href,
    settings: (name) => ({
      host: url.hostname,
      port: Number(url.port || 3306),
      database: name,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }),
    database,
    async emptyDatabase(name) {
      const full = database(name);
      await admin.query(`DROP DATABASE IF EXISTS ${full}`);
      await admin.query(`CREATE DATABASE ${full} CHARACTER SET utf8mb4`);
      return full;
    },
    async run(name, ...statements) {
      await admin.query(`USE ${name}`);
      for (const statement of statements) await admin.query(statement);
    },
    async remove() {
      for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name}`);
      await admin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
