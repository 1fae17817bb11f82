import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { stringify } from 'yaml';
import type { Config } from '../../config.js';
import { fillCornerstone } from '../../demo/pims/fill/cornerstone.js';
import { sqliteString } from '../../demo/pims/fill/odbc.js';
import { generatePractice } from '../../demo/pims/practice.js';
import { newIds } from '../../domain/ids.js';
import { createKeyring } from '../../domain/sealing.js';
import { Secret } from '../../domain/secret.js';
import { openQueues } from '../../jobs/bullmq.js';
import { spareRedis } from '../../jobs/redis-spare.js';
import { createLog } from '../../log.js';
import { createCredentials } from '../../store/credentials.js';
import { openDatabase, type Database } from '../../store/database.js';
import { migrate } from '../../store/migrate.js';
import { ensurePractices } from '../../store/practices.js';
import { requestSync } from '../../store/syncs.js';
import { makePeople, oweWelcomes, type PeopleDeps } from '../mail/people.js';
import { startSes, type SesProcess } from '../mail/processes.js';
import { startProcess, type Started } from '../night/processes.js';

export interface Visitor {
  accountId: string;
  email: string;
  password: Secret;
}

export interface FirstLoginGround {
  db: Database;
  origin: string;
  ses: SesProcess;
  /** People who were mailed long ago and have never logged in. */
  visitors: Visitor[];
  /** Starts the workers, with an import and a wave to do. @returns the import's run */
  begin(): Promise<string>;
  remove(): Promise<void>;
}

export interface FirstLoginSizes {
  /** Clients of the practice that is imported. */
  imported: number;
  mails: number;
  visitors: number;
}

const practices = ['importing', 'wave', 'visitors'] as const;

/** A web process, workers, a practice to import, a wave to send and people who are about to log in. */
export async function firstLoginGround(config: Config, sizes: FirstLoginSizes): Promise<FirstLoginGround> {
  const undo: (() => unknown)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const folder = mkdtempSync(join(tmpdir(), 'pims-sync-benchmark-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const spare = await spareRedis(config.redisUrl);
    undo.push(() => spare.giveBack());
    const name = `pims_bench_first_login_${process.pid}`;
    const admin = await createConnection(config.databaseUrl.open());
    undo.push(() => admin.end());
    await admin.query(`DROP DATABASE IF EXISTS ${name}`);
    await admin.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    undo.push(() => admin.query(`DROP DATABASE ${name}`));
    const databaseUrl = Object.assign(new URL(config.databaseUrl.open()), { pathname: `/${name}` }).href;
    const db = openDatabase(new Secret(databaseUrl));
    undo.push(() => db.destroy());
    await migrate(db);
    const clock = () => new Date();
    const people: PeopleDeps = {
      db,
      newId: newIds(clock),
      credentials: createCredentials({ db, keyring: createKeyring(config.credentialKeys), clock }),
    };
    await ensurePractices(db, practices.map((id) => ({ id, name: id, timeZone: 'UTC' })) as never, clock());
    await oweWelcomes(people, await makePeople(people, 'wave', sizes.mails), sizes.mails);
    const visitors = await visitorsOf(people, sizes.visitors);

    const file = join(folder, 'practice.sqlite');
    const today = new Date().toISOString().slice(0, 10);
    await fillCornerstone({
      practice: generatePractice({ seed: 'first-login', clients: sizes.imported, today, mess: 0.2 }),
      file,
    });
    // As fast as SES lets large senders go, so that the wave does not end before the import.
    const ses = await startSes({ maxSendRate: 200, max24HourSend: -1, keep: { mails: 100 } });
    undo.push(() => ses.stop());
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
      LOG_LEVEL: 'info',
      AWS_ENDPOINT_URL_SES: ses.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'benchmark',
      AWS_SECRET_ACCESS_KEY: 'benchmark',
    };
    const running: Started[] = [await startProcess(['web'], env, '"serving"')];
    undo.push(() => Promise.all(running.map((one) => one.stop())));
    return {
      db,
      origin,
      ses,
      visitors,
      async begin() {
        const asked = { practiceId: 'importing', kind: 'resync', by: 'benchmark' } as const;
        const { runId } = await requestSync(db, asked, people.newId, clock);
        const queues = await openQueues(spare.url, createLog('silent'));
        await queues.ask('sync-practice', { runId }, { key: runId });
        await queues.close();
        // Two processes, the lane `accounts` in one of its own: a page of clients holds up the other's event loop.
        for (const lanes of ['accounts', 'pims,mail'])
          running.push(await startProcess(['worker', '--lanes', lanes], env, '"working"'));
        return runId;
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function visitorsOf(people: PeopleDeps, count: number): Promise<Visitor[]> {
  const { accountIds } = await makePeople(people, 'visitors', count);
  const visitors: Visitor[] = [];
  for (const [n, accountId] of accountIds.entries()) {
    const shown = await people.credentials.show(accountId);
    if (shown.visible) visitors.push({ accountId, email: `parent.${n}@visitors.example`, password: shown.password }); // prettier-ignore
  }
  return visitors;
}

function settings(origin: string, connectionString: string): object {
  return {
    publicUrl: origin,
    mail: { from: 'welcome@petapp.example', configurationSet: 'pims' },
    practices: practices.map((id) => ({
      id,
      name: `${id} Animal Hospital`,
      timeZone: 'UTC',
      connector: id === 'importing' ? 'cornerstone' : 'csv',
      connection: id === 'importing' ? { connectionString } : { folder: '/nonexistent' },
      // Late in the day, whatever the hour of the benchmark: the sweep must find no night that was missed.
      schedule: { at: '23:59', spreadMinutes: 0 },
      policy: { welcome: 'automatic' },
      mail: { support: { phone: '+1 555 010 2000' }, canary: false },
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
