import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { openDatabase, ping } from '../../src/store/db/database.js';
import { signEvent } from '../../src/web/api/signature.js';
import { seedPerson, seedPractice, type SeededPerson } from './support/seed.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
});
afterAll(() => web.close());

const newPassword = 'velvet canyon trumpet 7';
const api = (method: 'GET' | 'POST', url: string, payload?: unknown, headers: Record<string, string> = {}) =>
  web.app.inject({ method, url, ...(payload === undefined ? {} : { payload: payload as object }), headers });
const logIn = (email: string, password: string, address = '198.51.100.1') =>
  web.app.inject({ method: 'POST', url: '/v1/logins', payload: { email, password }, remoteAddress: address });
const credential = (person: SeededPerson) =>
  web.deps.db
    .selectFrom('temporary_credentials')
    .selectAll()
    .where('account_id', '=', person.accountId!)
    .executeTakeFirstOrThrow();

describe('POST /v1/logins', () => {
  it('accepts the temporary password in any case, with spaces or without dashes, and leads to the first login', async () => {
    const person = await seedPerson(web, 'north');
    const typed = ` ${person.password!.open().toLowerCase().replaceAll('-', ' ')} `;
    const answer = await logIn(person.email.toUpperCase(), typed);
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ accountId: person.accountId, next: 'first-login-needed' });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('ends the visibility at once, starts the grace period and enqueues the job, with ids only', async () => {
    const person = await seedPerson(web, 'north');
    expect((await web.deps.credentials.show(person.accountId!)).visible).toBe(true);
    await logIn(person.email, person.password!.open());
    expect(await web.deps.credentials.show(person.accountId!)).toEqual({ visible: false, why: 'logged-in' });
    const row = await credential(person);
    expect(row.used_at).toEqual(web.clock.now);
    expect(row.grace_until).toEqual(new Date(web.clock.now.getTime() + 30 * 60_000));
    expect(web.asked).toContainEqual({ name: 'first-login', payload: { accountId: person.accountId } });
  });

  it('lets an interrupted first login continue with the same temporary password until the grace period ends', async () => {
    const person = await seedPerson(web, 'north');
    await logIn(person.email, person.password!.open());
    await web.deps.credentials.clear(web.deps.db, person.accountId!, 'first-login');
    web.clock.forward(20 * 60);
    expect((await logIn(person.email, person.password!.open())).json()).toMatchObject({
      next: 'first-login-needed',
    });
    web.clock.forward(11 * 60);
    const late = await logIn(person.email, person.password!.open());
    expect(late.statusCode).toBe(403);
    expect(late.json()).toMatchObject({ code: 'temporary-password-expired' });
    expect(await web.queued(person.accountId!)).toEqual(['password-reset']);
  });

  it('reports "expired" only for the correct temporary password, and queues a new one', async () => {
    const person = await seedPerson(web, 'north', { days: 1 });
    web.clock.forward(2 * 86_400);
    const wrong = await logIn(person.email, 'BBBB-BBBB-BBBB');
    expect(wrong.statusCode).toBe(401);
    expect(await web.queued(person.accountId!)).toEqual([]);
    const right = await logIn(person.email, person.password!.open());
    expect(right.statusCode).toBe(403);
    expect(right.headers['content-type']).toContain('application/problem+json');
    expect(await web.queued(person.accountId!)).toEqual(['new-temporary-password']);
  });

  it('still logs in if no job can be enqueued', async () => {
    const down = await testWeb(() => ({ enqueue: () => Promise.reject(new Error('no queue')) }));
    try {
      await seedPractice(down.deps.db, 'north');
      const person = await seedPerson(down, 'north');
      const payload = { email: person.email, password: person.password!.open() };
      expect((await down.app.inject({ method: 'POST', url: '/v1/logins', payload })).statusCode).toBe(201);
    } finally {
      await down.close();
    }
  });

  it('names the errors of a request and never repeats its data', async () => {
    const answer = await api('POST', '/v1/logins', {
      email: 'a@b.example',
      password: { deep: 'hunter2-hunter2' },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'request-invalid', errors: [{ path: 'password' }] });
    expect(answer.body).not.toContain('hunter2');
  });
});

describe('POST /v1/first-login', () => {
  const begin = async () => {
    const person = await seedPerson(web, 'north', {
      lastName: 'Lovelace',
      pets: [{ name: 'Rex' }, { name: 'Ghost', status: 'deceased', diedOn: '2025-10-01' }],
    });
    const answer = await logIn(person.email, person.password!.open());
    const headers = {
      authorization: `Bearer ${(answer.json() as { session: { token: string } }).session.token}`,
    };
    return { person, headers };
  };
  const confirmed = { firstName: 'Ada', lastName: 'King', phone: '+14155550199', pets: [], newPassword };

  it('returns the data to confirm, without pets that have died', async () => {
    const { headers } = await begin();
    const answer = await api('GET', '/v1/first-login', undefined, headers);
    expect(answer.json()).toMatchObject({
      firstName: 'Ada',
      practices: [{ id: 'north', name: 'North Practice' }],
    });
    expect((answer.json() as { pets: { name: string }[] }).pets.map(({ name }) => name)).toEqual(['Rex']);
  });

  it('stores the confirmed data, sets the password, and ends the temporary one and every session', async () => {
    const { person, headers } = await begin();
    const rex = { key: `north/${person.pimsId}-0`, name: 'Rexie', species: 'dog', passed: false };
    const pets = [rex, { name: 'Newcomer', species: 'cat' }];
    const answer = await api('POST', '/v1/first-login', { ...confirmed, pets }, headers);
    expect(answer.statusCode).toBe(200);

    const account = await web.deps.db
      .selectFrom('accounts')
      .selectAll()
      .where('id', '=', person.accountId!)
      .executeTakeFirstOrThrow();
    expect(account).toMatchObject({ last_name: 'King', phone: '+14155550199', confirmed_at: web.clock.now });
    const kept = await web.deps.db
      .selectFrom('account_pets')
      .select(['name', 'state', 'pims_id'])
      .where('account_id', '=', person.accountId!)
      .orderBy('name')
      .execute();
    expect(kept).toEqual([
      { name: 'Newcomer', state: 'added', pims_id: null },
      { name: 'Rexie', state: 'confirmed', pims_id: `${person.pimsId}-0` },
    ]);
    expect(await credential(person)).toMatchObject({ grace_digest: null, grace_until: null });
    expect((await logIn(person.email, person.password!.open())).statusCode).toBe(401);
    expect((await logIn(person.email, newPassword)).json()).toMatchObject({ next: 'none' });
    expect((await api('GET', '/v1/first-login', undefined, headers)).statusCode).toBe(401);
  });

  it.each([
    ['too short', 'short words'],
    ['common', 'password123456'],
    ['their own name', 'ada  lovelace'],
  ])('refuses a password that is %s', async (_why, weak) => {
    const { headers } = await begin();
    const answer = await api('POST', '/v1/first-login', { ...confirmed, newPassword: weak }, headers);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'password-refused' });
  });

  it('refuses the temporary password, even after its bytes are cleared', async () => {
    const { person, headers } = await begin();
    await web.deps.credentials.clear(web.deps.db, person.accountId!, 'first-login');
    const again = person.password!.open().toLowerCase();
    const answer = await api('POST', '/v1/first-login', { ...confirmed, newPassword: again }, headers);
    expect(answer.json()).toMatchObject({
      code: 'password-refused',
      title: expect.stringContaining('temporary'),
    });
  });

  it('requires the session of a first login', async () => {
    expect((await api('POST', '/v1/first-login', confirmed)).statusCode).toBe(401);
    const { headers } = await begin();
    const done = await api('POST', '/v1/first-login', confirmed, headers);
    const token = (done.json() as { session: { token: string } }).session.token;
    const again = await api('POST', '/v1/first-login', confirmed, { authorization: `Bearer ${token}` });
    expect(again.statusCode).toBe(409);
  });
});

describe('POST /v1/events/first-login', () => {
  const secret = new Secret('event-secret-for-tests');
  const send = (body: object, options: { id?: string; at?: number; secret?: Secret } = {}) => {
    const id = options.id ?? `event-${Math.random()}`;
    const timestamp = String(Math.floor((options.at ?? web.clock.now.getTime()) / 1000));
    const payload = JSON.stringify(body);
    return web.app.inject({
      method: 'POST',
      url: '/v1/events/first-login',
      payload,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signEvent(options.secret ?? secret, id, timestamp, payload),
      },
    });
  };

  it('ends the visibility, enqueues the job, and accepts each event once', async () => {
    const person = await seedPerson(web, 'north');
    const first = await send({ email: person.email }, { id: 'event-1' });
    expect([first.statusCode, first.json()]).toEqual([202, { first: true }]);
    expect(await web.deps.credentials.show(person.accountId!)).toEqual({ visible: false, why: 'logged-in' });
    expect(web.asked).toContainEqual({ name: 'first-login', payload: { accountId: person.accountId } });
    const again = await send({ email: person.email }, { id: 'event-1' });
    expect([again.statusCode, again.json()]).toEqual([202, { first: false }]);
    const marks = await web.deps.db
      .selectFrom('audit')
      .select('id')
      .where('account_id', '=', person.accountId!)
      .where('action', '=', 'first-login')
      .execute();
    expect(marks).toHaveLength(1);
  });

  it('refuses a wrong signature, an old timestamp and a changed body', async () => {
    const person = await seedPerson(web, 'north');
    expect((await send({ email: person.email }, { secret: new Secret('other') })).statusCode).toBe(401);
    expect((await send({ email: person.email }, { at: web.clock.now.getTime() - 10 * 60_000 })).statusCode).toBe(401);
    expect((await api('POST', '/v1/events/first-login', { email: person.email })).statusCode).toBe(401);
    expect((await web.deps.credentials.show(person.accountId!)).visible).toBe(true);
  });

  it('answers 404 for an unknown account, and accepts the event once the account exists', async () => {
    expect((await send({ email: 'nobody@example.com' }, { id: 'early' })).statusCode).toBe(404);
  });
});

describe('API', () => {
  it('documents exactly the routes it has', async () => {
    const document = (await api('GET', '/v1/openapi.json')).json() as {
      paths: Record<string, Record<string, unknown>>;
    };
    const described = Object.entries(document.paths)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .sort();
    const served = web.routes
      .filter(({ url }) => url.startsWith('/v1/') && !url.endsWith('*') && url !== '/v1/openapi.json')
      .flatMap(({ method, url }) => [method].flat().map((one) => `${one} ${url.replace(/:(\w+)/g, '{$1}')}`))
      .filter((route) => !route.startsWith('HEAD '))
      .sort();
    expect(described).toEqual(served);
    expect(described.length).toBeGreaterThan(4);
  });

  it('answers an unknown route with a problem', async () => {
    const answer = await api('GET', '/v1/nothing');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'not-found' });
  });

  it('says in plain words that the database is down', async () => {
    const away = openDatabase(new Secret('mysql://nobody:nothing@127.0.0.1:1/none'), 1);
    const alone = await testWeb(() => ({ db: away, readiness: { database: () => ping(away) } }));
    try {
      const login = await alone.app.inject({
        method: 'POST',
        url: '/v1/logins',
        payload: { email: 'a@b.example', password: 'x' },
      });
      expect([login.statusCode, login.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
      const ready = await alone.app.inject({ url: '/readyz' });
      expect([ready.statusCode, ready.json()]).toEqual([
        503,
        expect.objectContaining({ checks: { database: 'database-unreachable' } }),
      ]);
      expect((await alone.app.inject({ url: '/healthz' })).statusCode).toBe(200);
    } finally {
      await alone.close();
      await away.destroy();
    }
  });

  it('reports liveness and the dependencies that readiness needs', async () => {
    expect((await api('GET', '/healthz')).json()).toEqual({ status: 'ok' });
    expect((await api('GET', '/readyz')).statusCode).toBe(200);
  });
});
