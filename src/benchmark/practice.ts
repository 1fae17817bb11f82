import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { Logger } from 'pino';
import { createApp, type App } from '../app.js';
import type { Config } from '../config.js';
import { Secret } from '../domain/secret.js';
import { defaultPolicy } from '../domain/policy.js';
import { fillCornerstone } from '../demo/pims/fill/cornerstone.js';
import { sqliteString } from '../demo/pims/fill/odbc.js';
import { generatePractice, type DemoPractice } from '../demo/pims/practice.js';
import { migrate } from '../store/migrate.js';
import { ensurePractices } from '../store/practices.js';
import { practiceMailSchema } from '../mailer/settings.js';

export interface BenchPractice {
  app: App;
  databaseUrl: string;
  connectionString: string;
  file: string;
  practice: DemoPractice;
  today: string;
  remove(): Promise<void>;
}

/** A practice of so many invented clients in an SQLite file behind ODBC, and an empty database of ours beside it. */
export async function benchPractice(config: Config, clients: number, log: Logger): Promise<BenchPractice> {
  const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
  const file = join(folder, 'practice.sqlite');
  const today = new Date().toISOString().slice(0, 10);
  const practice = generatePractice({ seed: 'benchmark', clients, today, mess: 0.2 });
  await fillCornerstone({ practice, file });

  const name = `pims_bench_${process.pid}`;
  const admin = await createConnection(config.databaseUrl.open());
  await admin.query(`DROP DATABASE IF EXISTS ${name}`);
  await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(config.databaseUrl.open());
  url.pathname = `/${name}`;
  const connectionString = sqliteString(file);
  const app = createApp(
    {
      ...config,
      databaseUrl: new Secret(url.href),
      practices: [
        {
          id: 'bench', name: 'Benchmark', timeZone: 'UTC', country: 'US', connector: 'cornerstone', baseDir: folder,
          connection: new Secret(JSON.stringify({ connectionString })),
          schedule: { at: '02:00', spreadMinutes: 0 },
          policy: { ...defaultPolicy, welcome: 'automatic' },
          mail: practiceMailSchema.parse({ support: { phone: '1' } }),
          pageSize: 1000,
        },
      ], // prettier-ignore
    },
    log,
  );
  await migrate(app.db);
  await ensurePractices(app.db, app.config.practices, app.clock());
  return {
    app,
    databaseUrl: url.href,
    connectionString,
    file,
    practice,
    today,
    async remove() {
      await app.close();
      await admin.query(`DROP DATABASE ${name}`);
      await admin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
