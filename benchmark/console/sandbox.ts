import { sql } from 'kysely';
import { join } from 'node:path';
import type { Config } from '../../src/app/config-schema.js';
import { fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { sqliteString } from '../../demo/practices/fill/odbc.js';
import { generatePractice } from '../../demo/practices/practice.js';
import type { Database } from '../../src/store/db/database.js';
import { ownSandbox, withUndo } from '../sandbox.js';
import { freePort, startProcess } from '../processes.js';
import { startImports, type Imports } from './imports.js';
import { seedPeople } from './seed.js';

/** A filled database, a web process that serves it, and practices to import at the same time. */
export interface ConsoleSandbox {
  db: Database;
  origin: string;
  startImports(): Imports;
  /** Describes the size of the tables and of the database server's buffer pool. */
  memory(): Promise<string>;
  remove(): Promise<void>;
}

/** Practices to import one after the other while staff work; all read the same invented PIMS. */
const importing = Array.from({ length: 20 }, (_, n) => `importing-${n + 1}`);
const mostImported = 20_000;

export function consoleSandbox(config: Config, people: number, say: (text: string) => void): Promise<ConsoleSandbox> {
  return withUndo(async (undo) => {
    const { folder, databaseUrl, db, ...sandbox } = await ownSandbox(config, 'console', undo);
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
    const env = {
      ...sandbox.env(settings(origin, sqliteString(file))),
      LISTEN_HOST: '127.0.0.1',
      PORT: String(port),
    };
    say('starting the web process');
    const web = await startProcess(['web'], env, '"serving"');
    undo(() => web.stop());
    return {
      db,
      origin,
      startImports: () => startImports(db, importing, env),
      memory: () => memoryOf(db),
    };
  });
}

async function memoryOf(db: Database): Promise<string> {
  const { rows } = await sql<{ pool: number; data: number }>`SELECT @@innodb_buffer_pool_size AS pool,
    SUM(data_length + index_length) AS data FROM information_schema.tables WHERE table_schema = DATABASE()`.execute(db);
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
