import { sql } from 'kysely';
import type { Config } from '../../src/app/config-schema.js';
import { newIds, type Clock } from '../../src/lib/ids.js';
import { createKeyring } from '../../src/lib/sealing.js';
import type { Secret } from '../../src/lib/secret.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import type { PeopleDeps } from './people.js';
import { sesAccess, startSes, type SesProcess } from './processes.js';
import { ownSandbox, withUndo } from '../sandbox.js';

/** A database, a Redis database number, a configuration file and an SES endpoint for the benchmark alone. */
export interface MailSandbox extends PeopleDeps {
  ses: SesProcess;
  redisUrl: Secret;
  /** The environment of a worker process. */
  env: Record<string, string>;
  /** Deletes all messages and jobs, and forgets the quota of SES. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

const practiceIds = ['large', 'small'] as const;

export function mailSandbox(config: Config): Promise<MailSandbox> {
  return withUndo(async (undo) => {
    const { spare, db, ...sandbox } = await ownSandbox(config, 'mail', undo);
    const clock: Clock = () => new Date();
    const practices = practiceIds.map((id) => ({ id, name: id, timeZone: 'UTC' }));
    await ensurePractices(db, practices, clock());

    const ses = await startSes({ max24HourSend: -1, keep: { mails: 100 } });
    undo(() => ses.stop());
    const keyring = createKeyring(config.credentialKeys);
    return {
      db,
      ses,
      newId: newIds(clock),
      credentials: createCredentials({ db, keyring, clock }),
      redisUrl: spare.url,
      env: { ...sandbox.env(settings()), ...sesAccess(ses) },
      async clear() {
        for (const table of ['send_attempts', 'messages', 'fair_queue', 'email_sending'])
          await sql`TRUNCATE TABLE ${sql.table(table)}`.execute(db);
        // Workers expect the row that the migration inserted: without it they could not store the quota.
        await db.insertInto('email_sending').values({ name: 'ses' }).execute();
        await spare.empty();
      },
    };
  });
}

/** Returns settings that never read a PIMS and send the campaign without a rollout, because speed is measured. */
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
      mail: { support: { phone: '+1 555 010 2000', email: `desk@${id}.example` }, rollout: false },
    })),
  };
}
