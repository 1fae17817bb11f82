import { sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../config.js';
import { fillCornerstone } from '../../demo/pims/fill/cornerstone.js';
import { sqliteString } from '../../demo/pims/fill/odbc.js';
import { generatePractice } from '../../demo/pims/practice.js';
import { Secret } from '../../domain/secret.js';
import { spareRedis } from '../../jobs/redis-spare.js';
import { openDatabase, type Database } from '../../store/database.js';
import { migrate } from '../../store/migrate.js';
import { startImports, startWeb, type Imports } from './processes.js';
import { seedPeople } from './seed.js';

/** A database with everyone in it, a web process that serves it, and practices that wait to be imported beside it. */
export interface ConsoleGround {
  db: Database;
  origin: string;
  startImports(): Imports;
  /** What the database server keeps in memory, and how much there is to keep. */
  memory(): Promise<string>;
  remove(): Promise<void>;
}

/** Practices that are imported one after the other while staff work; all read the same invented PIMS. */
const importing = Array.from({ length: 20 }, (_, n) => `importing-${n + 1}`);
const mostImported = 20_000;

export async function consoleGround(
  config: Config,
  people: number,
  say: (text: string) => void,
): Promise<ConsoleGround> {
  const undo: (() => unknown)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const spare = await spareRedis(config.redisUrl);
    undo.push(() => spare.giveBack());

    const name = `pims_bench_console_${process.pid}`;
    const admin = await createConnection(config.databaseUrl.open());
    undo.push(() => admin.end());
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    undo.push(() => admin.query(`DROP DATABASE ${name}`));
    const databaseUrl = Object.assign(new URL(config.databaseUrl.open()), { pathname: `/${name}` }).href;
    const db = openDatabase(new Secret(databaseUrl));
    undo.push(() => db.destroy());
    await migrate(db);
    const started = Date.now();
    await seedPeople(databaseUrl, people, say);
    say(`${people} pet parents took ${((Date.now() - started) / 1000).toFixed(0)} s`);

    const file = join(folder, 'practice.sqlite');
    const today = new Date().toISOString().slice(0, 10);
    const clients = Math.min(mostImported, people);
    await fillCornerstone({
      practice: generatePractice({ seed: 'console', clients, today, mess: 0.2 }),
      file,
    });
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const configFile = join(folder, 'pims-sync.yaml');
    writeFileSync(configFile, stringify(settings(origin, sqliteString(file))));
    const env = {
      PIMS_SYNC_CONFIG: configFile,
      DATABASE_URL: databaseUrl,
      REDIS_URL: spare.url.open(),
      CREDENTIAL_KEYS: config.credentialKeys.open(),
      LISTEN_HOST: '127.0.0.1',
      PORT: String(port),
    };
    say('starting the web process');
    const web = await startWeb(env);
    undo.push(() => web.stop());
    return {
      db,
      origin,
      startImports: () => startImports(db, importing, env),
      memory: () => memoryOf(db),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function memoryOf(db: Database): Promise<string> {
  const { rows } = await sql<{ pool: number; data: number }>`SELECT @@innodb_buffer_pool_size AS pool,
    SUM(data_length + index_length) AS data FROM information_schema.tables WHERE table_schema = DATABASE()`.execute(
    db,
  );
  const mib = (bytes: number | undefined) => `${Math.round(Number(bytes) / 1024 / 1024)} MiB`;
  return `${mib(rows[0]?.data)} of tables, a buffer pool of ${mib(rows[0]?.pool)}`;
}

function settings(origin: string, connectionString: string): object {
  return {
    publicUrl: origin,
    mail: { from: 'welcome@petapp.example' },
    practices: importing.map((id) => ({
      id,
      name: `Practice ${id}`,
      timeZone: 'UTC',
      connector: 'cornerstone',
      connection: { connectionString },
      policy: { welcome: 'automatic' },
      mail: { support: { phone: '+1 555 010 2000' } },
    })),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
