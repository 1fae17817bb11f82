import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { readMail, type AcceptedMail } from '../../demo/ses/mails.js';
import { Secret } from '../../src/lib/secret.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { openDatabase } from '../../src/store/db/database.js';
import { openClinic, pimsPassword, practiceId, type Clinic } from '../support/clinic.js';
import { httpVisitor, textOf, type HttpVisitor } from '../support/http-visitor.js';
import { leaksIn } from '../support/leaks.js';
import { until, type Ended, type Running } from '../support/processes.js';
import { watchRedis, type RedisWatch } from '../support/redis-watch.js';
import { dumpTables } from '../support/table-dump.js';

// Each test starts processes, so it needs a long timeout on a machine that runs other tests too.
jest.setTimeout(120_000);

/** A pet parent of the story, as stored in our database. */
interface Person {
  account: string;
  email: string;
  client: string;
  welcome: string;
  password: string;
}

const topicArn = 'arn:aws:sns:us-east-1:000000000000:ses-events';
const marlas = 'marla.quince@post.example';
const brunos = 'bruno.loquat@gone.example';
/** Marla and Bruno, in addition to the generated clients. */
const more = 2;
const ownPassword = 'velvet canyon trumpet 7';
const laterPassword = 'orchard thunder pickle 9';

/**
 * The whole story with a real Redis, MariaDB and ODBC source, and with the command line, the worker and the web server
 * in processes of their own. The test records all Redis commands and all output of the processes.
 */
describe('journey: a practice from first import to restore', () => {
  let clinic: Clinic;
  let ses: LocalSes;
  let redis: RedisWatch;
  let worker: Running;
  let web: Running;
  let desk: HttpVisitor;
  const people: Person[] = [];
  const ended: Ended[] = [];
  const dumps: string[] = [];
  const secrets = { temporaryPasswords: [] as string[], emails: [] as string[], exact: [] as string[] };

  const command = async (...args: string[]): Promise<Ended> => {
    const done = await clinic.run(...args);
    ended.push(done);
    expect({ args, code: done.code, err: done.err }).toMatchObject({ args, code: 0 });
    return done;
  };
  const lookIntoRedis = async () => void dumps.push(...(await redis.dump()));

  beforeAll(async () => {
    clinic = await openClinic({ clients: 80, migrated: false });
    clinic.env['LOG_LEVEL'] = 'trace';
    // Marla has a living pet and one that died long ago; email to Bruno bounces.
    await clinic.pims(
      `INSERT INTO pp_client (client_key, client_number, practice_id, first_name, last_name, email, phone1, phone1_label,
         classification, is_inactive, sends_reminders, created_at)
       VALUES (9001, '9001', 'MAI', 'Marla', 'Quince', '${marlas}', '(555) 555-0142', 'Home', 'STANDARD', 0, 1, '2021-04-05'),
              (9002, '9002', 'MAI', 'Bruno', 'Loquat', '${brunos}', '(555) 555-0143', 'Home', 'STANDARD', 0, 1, '2021-04-05')`,
      `INSERT INTO pp_patient (patient_key, name, species, breed, sex, is_neutered, birth_date, death_date, is_inactive)
       VALUES (90011, 'Biscuit', 'Canine', 'Beagle', 'F', 1, '2019-05-06', NULL, 0),
              (90012, 'Shadowfax', 'Canine', 'Beagle', 'M', 1, '2008-05-06', '2019-01-02', 1),
              (90021, 'Pepper', 'Feline', 'Manx', 'F', 1, '2020-05-06', NULL, 0)`,
      `INSERT INTO pp_ownership (patient_key, client_key, ownership_pct, is_primary, gets_reminders)
       VALUES (90011, 9001, 100, 1, 1), (90012, 9001, 100, 1, 1), (90021, 9002, 100, 1, 1)`,
    );
    ses = await startLocalSes({
      maxSendRate: 200,
      faults: { throttle: { next: 3 } },
      outcomes: [{ address: brunos, outcome: 'bounce' }],
    });
    clinic.env['AWS_ENDPOINT_URL_SES'] = ses.url;
    redis = await watchRedis(clinic.redis);
    const { DATABASE_URL, CREDENTIAL_KEYS, AWS_SECRET_ACCESS_KEY } = clinic.env;
    const { password } = new URL(DATABASE_URL as string);
    secrets.exact.push(password, pimsPassword, AWS_SECRET_ACCESS_KEY as string, (CREDENTIAL_KEYS as string).slice(3));
  });
  afterAll(async () => {
    redis?.stop();
    await ses?.stop();
    await clinic?.close();
  });

  it('begins with migrate, check and plan, which write nothing about any client', async () => {
    expect((await command('migrate')).out).toMatch(/^Migrated: 0001/);
    expect((await command('check')).out).toContain(`${practiceId}: ok`);
    const before = await dumpTables(clinic);
    const plan = JSON.parse((await command('plan', practiceId, '--format', 'json')).out);
    expect(plan.counts.invite).toBe((clinic.truth.byReason['eligible'] ?? 0) + more);
    expect(await dumpTables(clinic)).toEqual(before);
  });

  it('syncs the practice and finds exactly the data of the PIMS', async () => {
    const { clients, pets, accounts, byReason } = clinic.truth;
    const summary = JSON.parse((await command('sync', practiceId, '--json')).out);
    expect(summary).toMatchObject({
      practice: practiceId,
      state: 'done',
      read: clients + more,
      new: clients + more,
      unreadable: 0,
      accounts: accounts + more,
      messages: accounts + more,
      reasons: { ...byReason, eligible: (byReason['eligible'] ?? 0) + more },
    });
    expect(await count('pims_clients')).toBe(clients + more);
    expect(await count('(SELECT DISTINCT pims_id FROM pims_pets) p')).toBe(pets + 3);
    expect(await count('accounts')).toBe(accounts + more);
    expect(await count("messages WHERE kind = 'welcome' AND state = 'queued'")).toBe(accounts + more);
    await learnSecrets();
    await lookIntoRedis();
  });

  it('writes nothing when it syncs again', async () => {
    const before = await dumpTables(clinic, ['sync_runs', 'sync_pages']);
    const summary = JSON.parse((await command('sync', practiceId, '--json')).out);
    expect(summary).toMatchObject({
      state: 'done',
      new: 0,
      changed: 0,
      unchanged: summary.read,
      accounts: 0,
      messages: 0,
    });
    expect(await dumpTables(clinic, ['sync_runs', 'sync_pages'])).toEqual(before);
    expect(await count('sync_pages')).toBe(0);
  });

  it('sends every queued Welcome Email exactly once, and learns the outcome of each', async () => {
    web = clinic.start('web');
    await web.says('"serving"');
    ses.set({ notify: { url: `${clinic.webUrl}/v1/ses-events`, topicArn, duplicate: 0.2, reorder: 0.2 } });
    worker = clinic.start('worker');
    await until('SES has reported every email', async () => {
      await lookIntoRedis();
      return (await count("messages WHERE state NOT IN ('delivered', 'bounced')")) === 0;
    });
    expect(
      await clinic.rows(
        "SELECT a.email FROM messages w JOIN accounts a ON a.id = w.account_id WHERE w.state = 'bounced'",
      ),
    ).toEqual([{ email: brunos }]);
    expect(await clinic.rows("SELECT sentence FROM tasks WHERE kind = 'bounced-email'")).toEqual([
      { sentence: expect.stringContaining('Correct the Email field of Cornerstone; the next sync then') },
    ]);
    expect(ses.state().refused).toEqual({ 'fault-throttle': 3 });
    const messages = await clinic.rows<{ id: string; email: string }>(
      'SELECT w.id, a.email FROM messages w JOIN accounts a ON a.id = w.account_id',
    );
    expect(messages).toHaveLength(clinic.truth.accounts + more);
    for (const { id, email } of messages) {
      expect([ses.counts.acceptedWithTag('message', id), ses.counts.acceptedTo(email)]).toEqual([1, 1]);
    }
    expect(ses.state().accepted.mails).toBe(messages.length);
  });

  it('names the practice, the user ID, the temporary password and the living pets in each email, never a dead pet', async () => {
    const clients = await clinic.rows<{ account: string; email: string; pet: string; alive: number }>(
      `SELECT l.account_id account, a.email, p.name pet, p.status = 'active' alive FROM account_links l
         JOIN accounts a ON a.id = l.account_id
         JOIN pims_pets p ON p.practice_id = l.practice_id AND p.client_pims_id = l.client_pims_id
        WHERE p.name IS NOT NULL`,
    );
    expect(clients.filter(({ alive }) => !alive).map(({ pet }) => pet)).toContain('Shadowfax');
    for (const person of people) {
      const mail = await mailTo(person.email);
      const said = `${mail.text} ${textOf(mail.html ?? '')}`;
      for (const part of [mail.text, textOf(mail.html ?? '')]) {
        expect(part).toContain('Elm Street Animal Hospital');
        expect(part).toContain(person.email);
        expect(part).toContain(person.password);
        expect(part).toContain(`${clinic.webUrl}/app/login`);
        expect(part).toContain('555-0100');
      }
      const pets = clients.filter(({ account }) => account === person.account);
      const living = new Set(pets.filter(({ alive }) => alive).map(({ pet }) => pet.trim()));
      for (const name of living) expect(said).toContain(name);
      for (const { pet } of pets) if (!living.has(pet.trim())) expect(said).not.toContain(pet.trim());
    }
  });

  it('shows staff the same temporary password in both places', async () => {
    const added = await command(
      'staff',
      'add',
      'desk@elm.example',
      '--name',
      'Dana Desk',
      '--role',
      'front-desk',
      '--practice',
      practiceId,
    );
    const password = /^ {2}(\S+)$/m.exec(added.out)?.[1] as string;
    // Printed once for the operator who added her; from here on it must appear nowhere.
    ended.pop();
    secrets.temporaryPasswords.push(password);
    desk = httpVisitor(clinic.webUrl);
    const signIn = await desk.submit(await desk.get('/staff/sign-in'), '/staff/sign-in', {
      email: 'desk@elm.example',
      password,
    });
    expect(signIn).toMatchObject({ status: 303, location: '/staff' });
    const marla = personCalled(marlas);
    const { petApp, marketing } = await placesOf(marla);
    expect((await desk.get(petApp)).text).not.toContain(marla.password);
    expect(await passwordAt(petApp, `${petApp}/password`)).toBe(marla.password);
    expect(await passwordAt(marketing, `${marketing}/login`)).toBe(marla.password);
    expect(textOf((await desk.get(marketing)).text)).toContain(marlas);
  });

  it('lets a pet parent log in through the API, and the password disappears from both places at once', async () => {
    const marla = personCalled(marlas);
    const { petApp, marketing } = await placesOf(marla);
    const open = { petApp: await desk.get(petApp), marketing: await desk.get(marketing) };

    const logIn = await api('/v1/logins', {
      email: 'Marla.Quince@POST.example',
      password: marla.password.toLowerCase().replaceAll('-', ' '),
    });
    expect(logIn).toMatchObject({
      status: 201,
      body: { accountId: marla.account, next: 'first-login-needed' },
    });
    for (const place of [petApp, marketing])
      expect(textOf((await desk.get(place)).text)).not.toContain('Temporary Password');
    // A page that was open all the time no longer shows it either.
    for (const asked of [
      await desk.submit(open.petApp, `${petApp}/password`),
      await desk.submit(open.marketing, `${marketing}/login`),
    ]) {
      expect(asked.text).not.toContain(marla.password);
      expect(textOf(asked.text)).toContain('has just logged in');
    }
    await until('the sealed bytes are cleared', async () => (await sealedOf(marla.account)) === null);

    const { token } = logIn.body.session;
    secrets.exact.push(token);
    const offered = await api('/v1/first-login', undefined, token);
    expect(offered.body.pets.map(({ name }: { name: string }) => name)).toEqual(['Biscuit']);
    const { firstName, lastName, phone, pets } = offered.body;
    const finished = await api(
      '/v1/first-login',
      { firstName, lastName, phone, pets, newPassword: ownPassword },
      token,
    );
    expect(finished.status).toBe(200);
    expect(await api('/v1/logins', { email: marla.email, password: ownPassword })).toMatchObject({
      status: 201,
      body: { next: 'none' },
    });
    expect(await api('/v1/logins', { email: marla.email, password: marla.password })).toMatchObject({
      status: 401,
    });
    await lookIntoRedis();
  });

  it('lets another pet parent log in on the pages, with an imprecise spelling', async () => {
    const person = people.find(({ email }) => email !== marlas && email !== brunos) as Person;
    const phone = httpVisitor(clinic.webUrl);
    const typed = person.password.replaceAll('-', '').toLowerCase();
    const logIn = await phone.submit(await phone.get('/app/login'), '/app/login', {
      email: person.email,
      password: typed,
    });
    expect(logIn).toMatchObject({ status: 303, location: '/app/first-login' });
    const { petApp, marketing } = await placesOf(person);
    for (const place of [petApp, marketing])
      expect(textOf((await desk.get(place)).text)).not.toContain('Temporary Password');

    const contact = await phone.submit(await phone.get('/app/first-login'), '/app/first-login', {
      firstName: 'Robin',
      lastName: 'Reed',
      phone: '(555) 555-0199',
    });
    expect(contact).toMatchObject({ status: 303, location: '/app/first-login/pets' });
    const pets = await phone.submit(await phone.get('/app/first-login/pets'), '/app/first-login/pets');
    expect(pets).toMatchObject({ status: 303, location: '/app/first-login/password' });
    const page = await phone.get('/app/first-login/password');
    const refused = await phone.submit(page, '/app/first-login/password', { password: person.password });
    expect(refused.status).toBe(422);
    const done = await phone.submit(refused, '/app/first-login/password', { password: ownPassword });
    expect(done).toMatchObject({ status: 303, location: '/app/done' });
    expect((await phone.get('/app/home')).status).toBe(200);
    await until('the sealed bytes are cleared', async () => (await sealedOf(person.account)) === null);
    secrets.exact.push(...phone.cookies());
  });

  it('lets a pet parent who forgot the password choose another one, once', async () => {
    const { email } = personCalled(marlas);
    const visitor = httpVisitor(clinic.webUrl);
    const asked = await visitor.submit(await visitor.get('/app/forgot'), '/app/forgot', { email });
    expect(asked.status).toBe(200);
    await until('the email with the link arrives', () => ses.mails.to(email).length === 2);
    const { text = '' } = await readMail(ses.mails.to(email)[0] as AcceptedMail);
    const [, token = ''] = /\/app\/reset#([\w%-]+)/.exec(text) ?? [];
    secrets.exact.push(token);
    const page = await visitor.get('/app/reset');
    const done = await visitor.submit(page, '/app/reset', { token, password: laterPassword });
    expect(done.status).toBe(200);
    expect((await visitor.submit(page, '/app/reset', { token, password: ownPassword })).status).toBe(410);
    expect(await api('/v1/logins', { email, password: ownPassword })).toMatchObject({ status: 401 });
    expect(await api('/v1/logins', { email, password: laterPassword })).toMatchObject({ status: 201 });
  });

  it('stops cleanly and leaves everything consistent', async () => {
    await lookIntoRedis();
    const stopped = await Promise.all([worker.stop('SIGTERM'), web.stop('SIGTERM')]);
    expect(stopped.map(({ code, signal }) => ({ code, signal }))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
    ended.push(...stopped);
    expect((await command('verify')).out).not.toContain('FAIL');
  });

  it('never puts a password, an address or a token into Redis or a log', async () => {
    secrets.exact.push(...desk.cookies(), ownPassword, laterPassword);
    // The output of a command for its caller is not a log; its standard error is.
    const logged = ended.flatMap(({ err }) => err.split('\n'));
    expect(logged.filter((line) => line.includes('"job done"')).length).toBeGreaterThan(clinic.truth.accounts);
    expect(redis.commands.filter((one) => one.includes('send-message')).length).toBeGreaterThan(clinic.truth.accounts);
    expect(dumps.length).toBeGreaterThan(0);
    expect(secrets.temporaryPasswords.length).toBeGreaterThan(clinic.truth.accounts);
    // The search finds it in every spelling.
    const [{ email, password }] = people as [Person];
    expect(leaksIn([`a ${password.toLowerCase().replaceAll('-', '')} b`, email.toUpperCase()], secrets)).toHaveLength(
      2,
    );
    expect(leaksIn(logged, secrets)).toEqual([]);
    expect(leaksIn(redis.commands, secrets)).toEqual([]);
    expect(leaksIn(dumps, secrets)).toEqual([]);
    const printed = ended.flatMap(({ out }) => out.split('\n'));
    expect(leaksIn(printed, { ...secrets, emails: [] })).toEqual([]);
  });

  async function count(from: string): Promise<number> {
    const [row] = await clinic.rows<{ n: number }>(`SELECT COUNT(*) n FROM ${from}`);
    return Number(row?.n);
  }

  /** Unseals every temporary password, which only the holder of the key can do. */
  async function learnSecrets(): Promise<void> {
    const db = openDatabase(new Secret(clinic.env['DATABASE_URL'] as string), 1);
    const keyring = createKeyring(new Secret(clinic.env['CREDENTIAL_KEYS'] as string));
    const credentials = createCredentials({ db, keyring, clock: () => new Date() });
    const rows = await clinic.rows<Omit<Person, 'password'>>(
      `SELECT a.id account, a.email, w.client_pims_id client, w.id welcome FROM accounts a JOIN messages w ON w.account_id = a.id`,
    );
    for (const row of rows) {
      const shown = await credentials.show(row.account);
      if (!shown.visible) throw new Error(`no password for ${row.account}`);
      people.push({ ...row, password: shown.password.open() });
    }
    await db.destroy();
    secrets.temporaryPasswords.push(...people.map(({ password }) => password));
    secrets.emails.push(...people.map(({ email }) => email));
  }

  function personCalled(email: string): Person {
    return people.find((one) => one.email === email) as Person;
  }

  async function mailTo(email: string) {
    return readMail(ses.mails.to(email)[0] as AcceptedMail);
  }

  /** Finds a pet parent by search in both lists and returns the link of View Details. */
  async function placesOf(person: Person): Promise<{ petApp: string; marketing: string }> {
    const linkIn = async (list: string, link: RegExp) => {
      const page = await desk.get(`${list}?q=${encodeURIComponent(person.email)}`);
      return link.exec(page.text)?.[1] as string;
    };
    return {
      petApp: await linkIn('/staff/pet-parents', /href="(\/staff\/pet-parents\/elm-street\/[^"]+)"/),
      marketing: await linkIn('/staff/email-marketing', /href="(\/staff\/email-marketing\/elm-street\/[^"]+)"/),
    };
  }

  async function passwordAt(page: string, action: string): Promise<string | undefined> {
    const shown = await desk.submit(await desk.get(page), action);
    return /id="temporary-password">([^<]+)</.exec(shown.text)?.[1]?.trim();
  }

  async function sealedOf(accountId: string): Promise<unknown> {
    const [row] = await clinic.rows('SELECT sealed, key_id FROM temporary_credentials WHERE account_id = ?', [
      accountId,
    ]);
    return row?.['sealed'] ?? row?.['key_id'] ?? null;
  }

  async function api(path: string, body?: object, token?: string) {
    const response = await fetch(clinic.webUrl + path, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    });
    return { status: response.status, body: await response.json() };
  }
});
