import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createConnection, type Connection } from 'mysql2/promise';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { openDatabase } from '../../src/store/db/database.js';
import { answer, openClinic, practiceId, type Clinic } from '../support/clinic.js';
import { until } from '../support/processes.js';

jest.setTimeout(120_000);

/** Every process of the application runs as a database user who may not change the audit trail. */
describe('command line: the application as a database user with few rights', () => {
  let clinic: Clinic;
  let ses: LocalSes;
  let narrow: Connection;
  let adminUrl: string;
  const user = `pims_app_${process.pid}_${Math.random().toString(36).slice(2, 7)}`;

  beforeAll(async () => {
    clinic = await openClinic({ clients: 20, mess: 0.2, migrated: false });
    ses = await startLocalSes({ maxSendRate: 200 });
    clinic.env['AWS_ENDPOINT_URL_SES'] = ses.url;
    adminUrl = clinic.env['DATABASE_URL'] as string;
    const url = new URL(adminUrl);
    url.username = user;
    url.password = encodeURIComponent("it's%a\\pass word");
    clinic.env['DATABASE_URL'] = url.href;
  });
  afterAll(async () => {
    await narrow?.end();
    await ses?.stop();
    await clinic?.rows(`DROP USER IF EXISTS '${user}'@'%'`);
    await clinic?.close();
  });

  const done = async (...args: string[]) => {
    const ended = await clinic.run(...args);
    if (ended.code !== 0) throw new Error(`pims-sync ${args.join(' ')} failed: ${ended.err}`);
    return ended.out;
  };
  const count = async (of: string) =>
    Number((await clinic.rows<{ n: number }>(`SELECT COUNT(*) AS n FROM ${of}`))[0]?.n);

  it('migrate creates the user, grants its rights and proves what it may not do', async () => {
    clinic.env['DATABASE_ADMIN_URL'] = adminUrl;
    expect(await done('migrate')).toContain('The application can add to the audit trail and cannot change it.');
    // A second run changes nothing and proves the same.
    expect(await done('migrate')).toContain('The schema is up to date.');
    delete clinic.env['DATABASE_ADMIN_URL'];
    narrow = await createConnection({ uri: clinic.env['DATABASE_URL'] as string });
    await narrow.query("INSERT INTO audit (at, actor_kind, action) VALUES (UTC_TIMESTAMP(3), 'job', 'first-login')");
    for (const statement of [
      "UPDATE audit SET action = 'nothing'",
      'DELETE FROM audit',
      'TRUNCATE TABLE audit',
      'DROP TABLE audit',
      'ALTER TABLE audit DROP COLUMN details',
    ])
      await expect(narrow.query(statement)).rejects.toMatchObject({ code: 'ER_TABLEACCESS_DENIED_ERROR' });
    await expect(narrow.query("GRANT ALL ON audit TO 'somebody'@'%'")).rejects.toThrow();
  });

  it('the user can sync, send, log pet parents in, clear their passwords and sweep', async () => {
    expect((await answer(clinic, 'sync', practiceId)).state).toBe('done');
    const web = clinic.start('web');
    await web.says('"serving"');
    ses.set({
      notify: { url: `${clinic.webUrl}/v1/ses-events`, topicArn: 'arn:aws:sns:us-east-1:000000000000:ses-events' },
    });
    const worker = clinic.start('worker');
    await until('SES has reported every email', async () => (await count("messages WHERE state <> 'delivered'")) === 0);
    expect(await count('messages')).toBe(clinic.truth.accounts);
    const [person] = await clinic.rows<{ id: string; email: string }>('SELECT id, email FROM accounts LIMIT 1');
    const db = openDatabase(new Secret(clinic.env['DATABASE_URL'] as string), 1);
    const keyring = createKeyring(new Secret(clinic.env['CREDENTIAL_KEYS'] as string));
    const shown = await createCredentials({ db, keyring, clock: () => new Date() }).show(person?.id as string);
    await db.destroy();
    if (!shown.visible) throw new Error('There is no temporary password.');
    const logIn = await fetch(`${clinic.webUrl}/v1/logins`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: person?.email, password: shown.password.open() }),
    });
    expect(logIn.status).toBe(201);
    await until(
      'the password is cleared',
      async () => (await count("temporary_credentials WHERE cleared_reason = 'first-login'")) === 1,
    );
    expect(await count("audit WHERE action = 'temporary-password-cleared'")).toBe(1);
    await until('a sweep has run', () => /"job":"sweep"/.test(worker.output()));
    for (const process of [worker, web]) {
      expect((await process.stop()).code).toBe(0);
      expect(process.output()).not.toMatch(/denied|job failed/i);
    }
  });

  it('the user can answer privacy requests and clear dead letters', async () => {
    const [person] = await clinic.rows<{ email: string }>('SELECT email FROM accounts LIMIT 1');
    const told = JSON.parse(await done('person', 'export', practiceId, person?.email as string)) as { tables: object };
    expect(Object.keys(told.tables)).toEqual(expect.arrayContaining(['accounts', 'pims_clients', 'messages', 'audit']));
    const dry = await done('person', 'erase', practiceId, person?.email as string, '--dry-run');
    expect(dry).toContain('Nothing was changed.');
    const gone = await done('person', 'erase', practiceId, person?.email as string);
    expect(gone).toMatch(/Erased at elm-street:[^]*pims_clients[^]*Kept:[^]*audit: \d+ lines/);
    expect(await count(`accounts WHERE email = '${person?.email}'`)).toBe(0);
    expect((await answer(clinic, 'sync', practiceId)).new).toBe(0);
    expect(await done('verify')).not.toContain('FAIL');
    expect(await done('person', 'readmit', practiceId, person?.email as string)).toContain(
      'copies clients with this address again',
    );
    const unknown = await clinic.run('person', 'erase', 'all', 'nobody@post.example');
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('person-unknown')]);
    expect(await done('dead-letters', 'list')).toBe('No dead letters.\n');
    expect(JSON.parse(await done('dead-letters', 'replay', '--dry-run', '--json'))).toEqual({
      dryRun: true,
      letters: [],
    });
  });

  it('the user cannot shorten the audit trail; the administrator can, and the trail records it', async () => {
    await clinic.rows("INSERT INTO audit (at, actor_kind, action) VALUES ('2020-01-01', 'job', 'first-login')");
    const refused = await clinic.run('audit', 'prune', '--before', '2021-01-01');
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('audit-protected')]);
    clinic.env['DATABASE_ADMIN_URL'] = adminUrl;
    expect(await done('audit', 'prune', '--before', '2021-01-01')).toBe(
      '1 lines from before 2021-01-01 were deleted.\n',
    );
    expect(await count("audit WHERE action = 'audit-pruned'")).toBe(1);
    const wrong = await clinic.run('audit', 'prune', '--before', 'yesterday');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('date-wrong')]);
  });

  it('audit prune: refuses the application user, and any user who can change the trail', async () => {
    const narrowUrl = clinic.env['DATABASE_URL'] as string;
    clinic.env['DATABASE_URL'] = adminUrl;
    const same = await clinic.run('migrate');
    expect([same.code, same.err]).toEqual([1, expect.stringContaining('grant-same-user')]);
    clinic.env['DATABASE_URL'] = narrowUrl;
    clinic.env['DATABASE_ADMIN_URL'] = narrowUrl.replace(user, `${user}`);
    const weak = await clinic.run('migrate');
    expect([weak.code, weak.err]).toEqual([1, expect.stringContaining('grant-same-user')]);
  });
});
