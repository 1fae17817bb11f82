import { join } from 'node:path';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { createApp, type App } from '../src/app/create-app.js';
import type { Config } from '../src/app/config-schema.js';
import { Secret } from '../src/lib/secret.js';
import { defaultPolicy } from '../src/domain/decision/policy.js';
import { sqliteString } from '../demo/practices/fill/odbc.js';
import { migrate } from '../src/store/db/migrate.js';
import { ensurePractices } from '../src/store/sync-runs/practices.js';
import { practiceMailSchema } from '../src/mailer/settings.js';
import { startHelperProcess } from './helper-process.js';
import { ownDatabase, ownFolder, withUndo } from './sandbox.js';
import { ourTables } from './import-baselines.js';

export interface BenchPractice {
  app: App;
  /** Seconds that the bare driver takes for the same rows. */
  bareRead(): Promise<number>;
  /** Seconds that a bare script takes to insert the rows that the first import made. */
  bareInsert(): Promise<number>;
  /** Changes, adds or removes this share of the clients. */
  changeNight(share: number): Promise<void>;
  /** Deletes everything that was imported, as before the first import. */
  forget(): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a practice of `clients` invented clients in an SQLite file behind ODBC, and an empty database of ours. */
export function benchPractice(config: Config, clients: number, log: Logger): Promise<BenchPractice> {
  return withUndo(async (undo) => {
    const folder = ownFolder(undo);
    const file = join(folder, 'practice.sqlite');
    const today = new Date().toISOString().slice(0, 10);
    const { url } = await ownDatabase(config, 'import', undo);
    const helper = startHelperProcess();
    undo(() => helper.end());
    const data = { clients, file, today };
    await helper.do('fill', data);
    const connectionString = sqliteString(file);
    const app = createApp(
      {
        ...config,
        databaseUrl: new Secret(url),
        practices: [
          {
            id: 'bench',
            name: 'Benchmark',
            timeZone: 'UTC',
            country: 'US',
            connector: 'cornerstone',
            baseDir: folder,
            connection: new Secret(JSON.stringify({ connectionString })),
            schedule: { at: '02:00', spreadMinutes: 0 },
            policy: { ...defaultPolicy, welcome: 'automatic' },
            mail: practiceMailSchema.parse({ support: { phone: '1' } }),
            pageSize: 1000,
          },
        ],
      },
      log,
    );
    undo(() => app.close());
    await migrate(app.db);
    await ensurePractices(app.db, app.config.practices, app.clock());
    return {
      app,
      bareRead: () => helper.do('bareRead', { connectionString, pageSize: 1000 }),
      bareInsert: () => helper.do('bareInsert', { databaseUrl: url }),
      changeNight: async (share: number) => void (await helper.do('night', { ...data, night: String(share), share })),
      async forget() {
        const written = [
          ...ourTables,
          'tasks',
          'sync_runs',
          'sync_pages',
          'sync_unreadable',
          'former_clients',
          'former_pets',
          'former_undone_facts',
          'undone_facts',
        ];
        for (const table of written) await sql.raw(`TRUNCATE TABLE ${table}`).execute(app.db);
      },
    };
  });
}
