import { sql } from 'kysely';
import type { Config } from '../../src/app/config.js';
import { newIds, type Clock } from '../../src/lib/ids.js';
import { createKeyring } from '../../src/lib/sealing.js';
import type { Secret } from '../../src/lib/secret.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import type { PeopleDeps } from './people.js';
import { sesAccess, startSes, type SesProcess } from './processes.js';
import { ownGround, withUndo } from '../sandbox.js';

/** A database, a Redis number, a configuration file and an SES endpoint of the benchmark's own. */
export interface MailGround extends PeopleDeps {
  ses: SesProcess;
  redisUrl: Secret;
  /** What a worker process must find in its environment. */
  env: Record<string, string>;
  /** No email is or was owed, no job waits, and the quota of SES is not known. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

export const practiceIds = ['large', 'small'] as const;

export function mailGround(config: Config): Promise<MailGround> {
  return withUndo(async (undo) => {
    const { spare, db, ...sandbox } = await ownGround(config, 'mail', undo);
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
        // Workers expect it as the migration made it: without it they would not keep the quota that they read first.
        await db.insertInto('email_sending').values({ name: 'ses' }).execute();
        await spare.empty();
      },
    };
  });
}

/** The practices' PIMS is never asked; the campaign goes all at once, since it is the speed that is measured. */
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
