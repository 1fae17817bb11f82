import { join } from 'node:path';
import type { Config } from '../../src/app/config-schema.js';
import { fillCornerstone } from '../../demo/practices/fill/cornerstone.js';
import { sqliteString } from '../../demo/practices/fill/odbc.js';
import { generatePractice } from '../../demo/practices/practice.js';
import { newIds } from '../../src/lib/ids.js';
import { createKeyring } from '../../src/lib/sealing.js';
import type { Secret } from '../../src/lib/secret.js';
import { openQueues } from '../../src/jobs/bullmq/queues.js';
import { createLog } from '../../src/platform/log.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import type { Database } from '../../src/store/db/database.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { makePeople, queueMessages, type PeopleDeps } from '../email/people.js';
import { sesAccess, startSes, type SesProcess } from '../email/processes.js';
import { ownSandbox, withUndo } from '../sandbox.js';
import { freePort, startProcess, type Started } from '../processes.js';

export interface Visitor {
  accountId: string;
  email: string;
  password: Secret;
}

export interface FirstLoginSandbox {
  db: Database;
  origin: string;
  ses: SesProcess;
  /** Pet parents who got their Welcome Email long ago and have never logged in. */
  visitors: Visitor[];
  /** Starts the workers, with an import and a campaign to process. @returns the id of the import's sync run */
  begin(): Promise<string>;
  remove(): Promise<void>;
}

export interface FirstLoginSizes {
  /** Number of clients of the practice to import. */
  imported: number;
  mails: number;
  visitors: number;
}

const practices = ['importing', 'wave', 'visitors'] as const;

/** Makes a web process, workers, a practice to import, a campaign to send and pet parents who will log in. */
export function firstLoginSandbox(config: Config, sizes: FirstLoginSizes): Promise<FirstLoginSandbox> {
  return withUndo(async (undo) => {
    const { folder, spare, db, ...sandbox } = await ownSandbox(config, 'first_login', undo);
    const clock = () => new Date();
    const people: PeopleDeps = {
      db,
      newId: newIds(clock),
      credentials: createCredentials({ db, keyring: createKeyring(config.credentialKeys), clock }),
    };
    await ensurePractices(db, practices.map((id) => ({ id, name: id, timeZone: 'UTC' })) as never, clock());
    await queueMessages(people, await makePeople(people, 'wave', sizes.mails), sizes.mails);
    const visitors = await visitorsOf(people, sizes.visitors);

    const file = join(folder, 'practice.sqlite');
    const today = new Date().toISOString().slice(0, 10);
    await fillCornerstone({
      practice: generatePractice({ seed: 'first-login', clients: sizes.imported, today, mess: 0.2 }),
      file,
    });
    // A rate that SES grants to large senders, so that the campaign does not end before the import.
    const ses = await startSes({ maxSendRate: 200, max24HourSend: -1, keep: { mails: 100 } });
    undo(() => ses.stop());
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const env = {
      ...sandbox.env(settings(origin, sqliteString(file))),
      ...sesAccess(ses),
      LISTEN_HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'info',
    };
    const running: Started[] = [await startProcess(['web'], env, '"serving"')];
    undo(() => Promise.all(running.map((one) => one.stop())));
    return {
      db,
      origin,
      ses,
      visitors,
      async begin() {
        const asked = { practiceId: 'importing', kind: 'resync', by: 'benchmark' } as const;
        const { runId } = await requestSync(db, asked, people.newId, clock);
        const queues = await openQueues(spare.url, createLog('silent'));
        await queues.enqueue('sync-practice', { runId }, { key: runId });
        await queues.close();
        // Two processes, one for the queue `accounts` alone: a page of clients blocks the event loop of the other.
        for (const queueNames of ['accounts', 'pims,mail'])
          running.push(await startProcess(['worker', '--queues', queueNames], env, '"working"'));
        return runId;
      },
    };
  });
}

async function visitorsOf(people: PeopleDeps, count: number): Promise<Visitor[]> {
  const { accountIds } = await makePeople(people, 'visitors', count);
  const visitors: Visitor[] = [];
  for (const [n, accountId] of accountIds.entries()) {
    const shown = await people.credentials.show(accountId);
    if (shown.visible) visitors.push({ accountId, email: `parent.${n}@visitors.example`, password: shown.password });
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
      // Late in the day, whatever the time of the benchmark: the sweep must not find a missed nightly sync.
      schedule: { at: '23:59', spreadMinutes: 0 },
      policy: { welcome: 'automatic' },
      mail: { support: { phone: '+1 555 010 2000' }, rollout: false },
    })),
  };
}
