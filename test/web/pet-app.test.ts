import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { saveResetTokens, newResetToken } from '../../src/store/access/reset-tokens.js';
import { hashPassword } from '../../src/web/login/passwords.js';
import { linkAccount, seedPerson, seedPractice, type PersonOptions, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let addresses = 0;
const own = 'velvet canyon trumpet 7';
const next = 'copper meadow violin 9';

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
});
afterAll(() => web.close());

const someone = () => visitor(web.app, `192.0.2.${++addresses}`);

async function begun(options: PersonOptions = {}): Promise<{ person: SeededPerson; phone: Visitor }> {
  const person = await seedPerson(web, 'north', options);
  const phone = someone();
  const answer = await phone.post('/app/login', { email: person.email, password: person.password!.open() });
  expect([answer.statusCode, answer.headers.location]).toEqual([303, '/app/first-login']);
  return { person, phone };
}

async function settled(): Promise<SeededPerson> {
  const person = await seedPerson(web, 'north');
  const { db } = web.deps;
  await db
    .updateTable('accounts')
    .set({
      password_hash: await hashPassword(new Secret(own)),
      first_login_at: web.clock.now,
      confirmed_at: web.clock.now,
    })
    .where('id', '=', person.accountId!)
    .execute();
  return person;
}

const accountOf = (person: SeededPerson) =>
  web.deps.db.selectFrom('accounts').selectAll().where('id', '=', person.accountId!).executeTakeFirstOrThrow();
const petsOf = (person: SeededPerson) =>
  web.deps.db
    .selectFrom('account_pets')
    .select(['name', 'state', 'born_on'])
    .where('account_id', '=', person.accountId!)
    .orderBy('name')
    .execute();

describe('Pet App: the first login, page by page', () => {
  it('keeps each step, so that an interrupted one continues where it stopped', async () => {
    const { person, phone } = await begun({ pets: [{ name: 'Rex' }, { name: 'Mimi', species: 'cat' }] });
    const contact = { firstName: 'Augusta', lastName: 'King', phone: '415 555 0177' };
    expect((await phone.post('/app/first-login', contact)).headers.location).toBe('/app/first-login/pets');

    const again = someone();
    await again.post('/app/login', { email: person.email, password: person.password!.open() });
    expect((await again.get('/app/first-login')).body).toContain('value="Augusta"');
    expect(await accountOf(person)).toMatchObject({
      phone: '+14155550177',
      confirmed_at: null,
      password_hash: null,
    });
  });

  it('corrects and adds pets, and gently removes one that is no longer with them', async () => {
    const { person, phone } = await begun({ pets: [{ name: 'Rex' }, { name: 'Mimi', species: 'cat' }] });
    const form = {
      'pet-0-key': `north/${person.pimsId}-1`,
      'pet-0-name': 'Mimi',
      'pet-0-species': 'cat',
      'pet-0-passed': '1',
      'pet-1-key': `north/${person.pimsId}-0`,
      'pet-1-name': 'King Rex',
      'pet-1-species': 'dog',
      'pet-1-bornOn': '2019-05-01',
      'pet-2-key': '',
      'pet-2-name': 'Newcomer',
      'pet-2-species': 'rabbit',
      'pet-3-key': '',
      'pet-3-name': '',
      'pet-3-species': 'dog',
    };
    const answer = await phone.post('/app/first-login/pets', form);
    expect(answer.headers.location).toBe('/app/first-login/password');
    expect(await petsOf(person)).toEqual([
      { name: 'King Rex', state: 'confirmed', born_on: '2019-05-01' },
      { name: 'Mimi', state: 'passed', born_on: null },
      { name: 'Newcomer', state: 'added', born_on: null },
    ]);
    await phone.post('/app/first-login/password', { password: own });
    expect((await phone.get('/app/home')).body).not.toContain('Mimi');
    const [work] = await web.deps.db
      .selectFrom('tasks')
      .selectAll()
      .where('client_pims_id', '=', person.pimsId)
      .execute();
    expect(work?.sentence).toContain('Mimi is no longer with them');
    expect(work?.sentence).toContain('the pet is called King Rex');
  });

  it('does not greet the rest of a household by the name of the one who logs in', async () => {
    const { person, phone } = await begun({ firstName: 'Tess', lastName: 'Tandem', phone: '+14155550123' });
    await seedPerson(web, 'north', {
      pimsId: 'tim',
      firstName: 'Tim',
      lastName: 'Tandem',
      phone: '+14155550123',
      account: false,
    });
    await linkAccount(web.deps.db, 'north', 'tim', person.accountId!, web.clock.now);
    const work = () =>
      web.deps.db
        .selectFrom('tasks')
        .select(['client_pims_id', 'sentence'])
        .where('account_id', '=', person.accountId!)
        .execute();
    await phone.post('/app/first-login', { firstName: 'Tess', lastName: 'Tandem', phone: '+14155550123' });
    await phone.post('/app/first-login/password', { password: own });
    expect(await work()).toEqual([]);
  });

  it('shows each error beside its field and keeps the typed text', async () => {
    const { person, phone } = await begun();
    const contact = await phone.post('/app/first-login', { firstName: '', lastName: 'King', phone: 'none' });
    expect(contact.statusCode).toBe(422);
    expect(contact.body).toContain('Please tell us your first name.');
    expect(contact.body).toContain('value="King"');
    const pets = await phone.post('/app/first-login/pets', {
      'pet-0-key': `north/${person.pimsId}-0`,
      'pet-0-name': '',
      'pet-0-bornOn': '2999-01-01',
    });
    expect(pets.statusCode).toBe(422);
    expect(pets.body).toContain('Please enter a date in the past.');
    const password = await phone.post('/app/first-login/password', { password: 'short' });
    expect(password.statusCode).toBe(422);
    expect(password.body).toContain('at least 12 characters');
    expect(await petsOf(person)).toEqual([]);
  });

  it('cannot claim another person’s pet: it becomes an added pet without a link', async () => {
    const other = await seedPerson(web, 'north', { pets: [{ name: 'Theirs' }] });
    const { person, phone } = await begun();
    await phone.post('/app/first-login/pets', {
      'pet-0-key': `north/${other.pimsId}-0`,
      'pet-0-name': 'Mine',
      'pet-0-species': 'dog',
    });
    expect(await petsOf(person)).toEqual([{ name: 'Mine', state: 'added', born_on: null }]);
  });

  it('replaces the session when the password is set, and ends the others', async () => {
    const { person, phone } = await begun();
    const other = someone();
    await other.post('/app/login', { email: person.email, password: person.password!.open() });
    const before = phone.cookies.get('pims-pet-parent');
    expect((await phone.post('/app/first-login/password', { password: own })).headers.location).toBe('/app/done');
    expect(phone.cookies.get('pims-pet-parent')).not.toBe(before);
    expect((await phone.get('/app/done')).statusCode).toBe(200);
    expect((await other.get('/app/first-login')).headers.location).toBe('/app/login');
  });
});

describe('Pet App: sessions', () => {
  it('lead everyone to the page that fits their progress', async () => {
    expect((await someone().get('/app/home')).headers.location).toBe('/app/login');
    const { phone } = await begun();
    expect((await phone.get('/app/home')).headers.location).toBe('/app/first-login');
    expect((await phone.get('/app/login')).headers.location).toBe('/app/first-login');
    await phone.post('/app/first-login/password', { password: own });
    expect((await phone.get('/app/first-login')).headers.location).toBe('/app/home');
  });

  it('end at log-out, on the server too', async () => {
    const person = await settled();
    const phone = someone();
    await phone.post('/app/login', { email: person.email, password: own });
    const token = phone.cookies.get('pims-pet-parent')!;
    await phone.post('/app/logout', {}, '/app/home');
    phone.cookies.set('pims-pet-parent', token);
    expect((await phone.get('/app/home')).headers.location).toBe('/app/login');
  });

  it('end when unused for too long, and after a maximum time in any case', async () => {
    const person = await settled();
    const phone = someone();
    await phone.post('/app/login', { email: person.email, password: own });
    const { idleSeconds, absoluteSeconds } = web.deps.settings.sessions.petParent;
    for (let passed = 0; passed < absoluteSeconds - idleSeconds; passed += idleSeconds - 60) {
      expect((await phone.get('/app/home')).statusCode).toBe(200);
      web.clock.forward(idleSeconds - 60);
    }
    web.clock.forward(idleSeconds);
    expect((await phone.get('/app/home')).headers.location).toBe('/app/login');
  });

  it('store only a hash of the token', async () => {
    const { phone } = await begun();
    const rows = await web.deps.db.selectFrom('sessions').select('token_hash').execute();
    const stored = rows
      .map(({ token_hash }) => `${token_hash.toString('base64url')} ${token_hash.toString('latin1')}`)
      .join();
    expect(stored).not.toContain(phone.cookies.get('pims-pet-parent')!);
  });
});

describe('Pet App: a new password by the link in an email', () => {
  async function linkFor(person: SeededPerson, minutes = 60): Promise<string> {
    const token = newResetToken();
    const expiresAt = new Date(web.clock.now.getTime() + minutes * 60_000);
    await saveResetTokens(
      web.deps.db,
      [{ kind: 'pet-parent', subjectId: person.accountId!, token, expiresAt }],
      web.clock.now,
    );
    return token.open();
  }

  it('sets it once, ends every session, and logs no one in', async () => {
    const person = await settled();
    const phone = someone();
    await phone.post('/app/login', { email: person.email, password: own });
    const token = await linkFor(person);
    const reset = await someone().post('/app/reset', { token, password: next });
    expect(reset.body).toContain('Your new password is set');
    expect(reset.cookies.map(({ name }) => name)).not.toContain('pims-pet-parent');
    expect((await phone.get('/app/home')).headers.location).toBe('/app/login');
    expect((await someone().post('/app/login', { email: person.email, password: own })).statusCode).toBe(401);
    expect((await someone().post('/app/login', { email: person.email, password: next })).statusCode).toBe(303);
    const again = await someone().post('/app/reset', { token, password: 'another good passphrase 3' });
    expect(again.statusCode).toBe(410);
  });

  it('during a first login, asks to confirm the data at the next log-in, and for no further password', async () => {
    const { person, phone } = await begun({ pets: [{ name: 'Rex' }] });
    await phone.post('/app/first-login', { firstName: 'Augusta', lastName: 'King', phone: '' });
    await someone().post('/app/reset', { token: await linkFor(person), password: next });
    const back = someone();
    const answer = await back.post('/app/login', { email: person.email, password: next });
    expect(answer.headers.location).toBe('/app/first-login');
    expect((await back.get('/app/home')).headers.location).toBe('/app/first-login');
    const first = await back.get('/app/first-login');
    expect(first.body).toContain('value="Augusta"');
    expect(first.body).not.toContain('Your password');
    await back.post('/app/first-login', { firstName: 'Augusta', lastName: 'King', phone: '' });
    const pets = { 'pet-0-key': `north/${person.pimsId}-0`, 'pet-0-name': 'Rex', 'pet-0-species': 'dog' };
    expect((await back.post('/app/first-login/pets', pets)).headers.location).toBe('/app/home');
    expect((await back.get('/app/home')).body).toContain('Hello, Augusta');
    expect((await accountOf(person)).confirmed_at).toEqual(web.clock.now);
    const once = await someone().post('/app/login', { email: person.email, password: next });
    expect(once.headers.location).toBe('/app/home');
  });

  it('during a first login, requires the same of a vendor’s own Pet App', async () => {
    const { person } = await begun({ pets: [] });
    await someone().post('/app/reset', { token: await linkFor(person), password: next });
    const send = (method: 'GET' | 'POST', url: string, payload?: object, token?: string) =>
      web.app.inject({
        method,
        url,
        remoteAddress: `192.0.2.${++addresses}`,
        ...(payload ? { payload } : {}),
        headers: token ? { authorization: `Bearer ${token}` } : {},
      });
    const logIn = () => send('POST', '/v1/logins', { email: person.email, password: next });
    const { next: step, session } = (await logIn()).json<{ next: string; session: { token: string } }>();
    expect(step).toBe('first-login-needed');
    const asked = (await send('GET', '/v1/first-login', undefined, session.token)).json<{
      passwordSet: boolean;
    }>();
    expect(asked.passwordSet).toBe(true);
    const confirmed = { firstName: 'Ada', lastName: 'King', phone: '', pets: [] };
    const done = await send('POST', '/v1/first-login', confirmed, session.token);
    expect(done.statusCode).toBe(200);
    expect((await logIn()).json<{ next: string }>().next).toBe('none');
    // An account without a password of its own cannot leave it out.
    const { person: other } = await begun({ pets: [] });
    const early = await send('POST', '/v1/logins', { email: other.email, password: other.password!.open() });
    const { token } = early.json<{ session: { token: string } }>().session;
    expect((await send('POST', '/v1/first-login', confirmed, token)).statusCode).toBe(422);
  });

  it('asks for a better password without using up the link', async () => {
    const person = await settled();
    const token = await linkFor(person);
    const weak = await someone().post('/app/reset', { token, password: 'password123456' });
    expect(weak.statusCode).toBe(422);
    expect((await someone().post('/app/reset', { token, password: next })).statusCode).toBe(200);
  });

  it('is invalid if it has expired, is made up, or is for staff', async () => {
    const person = await settled();
    const token = await linkFor(person, 1);
    web.clock.forward(61);
    for (const dead of [token, 'made-up', '']) {
      expect((await someone().post('/app/reset', { token: dead, password: next })).statusCode).toBe(410);
    }
    const staffToken = newResetToken();
    const expiresAt = new Date(web.clock.now.getTime() + 60_000);
    await saveResetTokens(
      web.deps.db,
      [{ kind: 'staff', subjectId: person.accountId!, token: staffToken, expiresAt }],
      web.clock.now,
    );
    expect((await someone().post('/app/reset', { token: staffToken.open(), password: next })).statusCode).toBe(410);
  });

  it('never sends the token in a URL to the server', async () => {
    expect((await someone().get('/app/reset')).body).not.toMatch(/method="get"/i);
    expect(web.logged.join('\n')).not.toMatch(/reset[?#/]/);
  });
});
