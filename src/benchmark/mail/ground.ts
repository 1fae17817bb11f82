import { sql } from 'kysely';
import { createConnection } from 'mysql2/promise';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../config.js';
import { newIds, type Clock } from '../../domain/ids.js';
import { createKeyring } from '../../domain/sealing.js';
import { Secret } from '../../domain/secret.js';
import { spareRedis } from '../../jobs/redis-spare.js';
import { createCredentials } from '../../store/credentials.js';
import { openDatabase } from '../../store/database.js';
import { migrate } from '../../store/migrate.js';
import { ensurePractices } from '../../store/practices.js';
import type { PeopleDeps } from './people.js';
import { startSes, type SesProcess } from './processes.js';

/** A database, a Redis number, a configuration file and an SES endpoint of the benchmark's own. */
export interface MailGround extends PeopleDeps {
  ses: SesProcess;
  redisUrl: Secret;
  /** What a worker process must find in its environment. */
  env: Record<string, string>;
  /** No mail is or was owed, no job waits, and the quota of SES is not known. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

export const practiceIds = ['large', 'small'] as const;

export async function mailGround(config: Config): Promise<MailGround> {
  const undo: (() => unknown)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const configFile = join(folder, 'pims-sync.yaml');
    writeFileSync(configFile, stringify(settings()));

    const spare = await spareRedis(config.redisUrl);
    undo.push(() => spare.giveBack());

    const name = `pims_bench_mail_${process.pid}`;
    const admin = await createConnection(config.databaseUrl.open());
    undo.push(() => admin.end());
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    undo.push(() => admin.query(`DROP DATABASE ${name}`));
    const databaseUrl = Object.assign(new URL(config.databaseUrl.open()), { pathname: `/${name}` }).href;
    const db = openDatabase(new Secret(databaseUrl));
    undo.push(() => db.destroy());
    await migrate(db);
    const clock: Clock = () => new Date();
    const practices = practiceIds.map((id) => ({ id, name: id, timeZone: 'UTC' }));
    await ensurePractices(db, practices, clock());

    const ses = await startSes({ max24HourSend: -1, keep: { mails: 100 } });
    undo.push(() => ses.stop());
    const keyring = createKeyring(config.credentialKeys);
    return {
      db,
      ses,
      newId: newIds(clock),
      credentials: createCredentials({ db, keyring, clock }),
      redisUrl: spare.url,
      env: {
        PIMS_SYNC_CONFIG: configFile,
        DATABASE_URL: databaseUrl,
        REDIS_URL: spare.url.open(),
        CREDENTIAL_KEYS: config.credentialKeys.open(),
        AWS_ENDPOINT_URL_SES: ses.url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'benchmark',
        AWS_SECRET_ACCESS_KEY: 'benchmark',
      },
      async clear() {
        for (const table of ['send_attempts', 'welcomes', 'mail_turns', 'mail_lane'])
          await sql`TRUNCATE TABLE ${sql.table(table)}`.execute(db);
        await spare.empty();
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The practices' PIMS is never asked; the wave goes all at once, since it is the speed that is measured. */
function settings(): object {
  return {
    publicUrl: 'https://pets.example.com',
    mail: { from: 'welcome@petapp.example', configurationSet: 'pims' },
    practices: practiceIds.map((id) => ({
      id,
      name: `${id} Animal Hospital`,
      timeZone: 'UTC',
      connector: 'csv',
      connection: {},
      mail: { support: { phone: '+1 555 010 2000', email: `desk@${id}.example` }, canary: false },
    })),
  };
}
