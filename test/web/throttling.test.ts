import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { hashPassword } from '../../src/web/login/passwords.js';
import { networkOf } from '../../src/web/login/throttle-rules.js';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
const own = 'velvet canyon trumpet 7';

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north');
});
afterAll(() => web.close());

const logIn = async (email: string, password: string, address: string, device?: string) => {
  const payload = { email, password, ...(device ? { device } : {}) };
  const answer = await web.app.inject({ method: 'POST', url: '/v1/logins', payload, remoteAddress: address });
  return {
    status: answer.statusCode,
    wait: Number(answer.headers['retry-after'] ?? 0),
    body: answer.json() as { device?: string; code?: string },
  };
};

/** Makes a pet parent with a password of their own. */
async function settled(): Promise<SeededPerson> {
  const person = await seedPerson(web, 'north');
  await web.deps.db
    .updateTable('accounts')
    .set({ password_hash: await hashPassword(new Secret(own)), first_login_at: web.clock.now })
    .where('id', '=', person.accountId!)
    .execute();
  return person;
}

describe('log-in: guessing is slowed down', () => {
  it('for one person at one place, after five free attempts, ever longer; too early an attempt has no cost', async () => {
    const { email } = await settled();
    const guess = () => logIn(email, 'not the password', '192.0.2.1');
    for (let at = 0; at < 5; at++) expect(await guess()).toMatchObject({ status: 401 });
    expect(await guess()).toMatchObject({ status: 429, wait: 30, body: { code: 'too-many-tries' } });
    web.clock.forward(10);
    expect(await guess()).toMatchObject({ status: 429, wait: 20 });
    web.clock.forward(20);
    expect(await guess()).toMatchObject({ status: 401 });
    expect(await guess()).toMatchObject({ status: 429, wait: 60 });
    web.clock.forward(60);
    expect(await logIn(email, own, '192.0.2.1')).toMatchObject({ status: 201 });
    expect(await guess()).toMatchObject({ status: 401 });
  });

  it('equally for an address that has no account', async () => {
    const guess = () => logIn('nobody@example.com', 'not the password', '192.0.2.2');
    for (let at = 0; at < 5; at++) expect(await guess()).toMatchObject({ status: 401 });
    expect(await guess()).toMatchObject({ status: 429, wait: 30 });
  });

  it('for one network that tries many accounts', async () => {
    const statuses: number[] = [];
    for (let at = 0; at < 45; at++)
      statuses.push((await logIn(`person${at}@example.com`, 'x', `2001:db8:1:2::${at + 1}`)).status);
    expect(statuses.slice(0, 40).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(40).every((status) => status === 429)).toBe(true);
  });

  it('throttling: limits one account over all networks, also for parallel tries', async () => {
    const { email } = await settled();
    const tries = await Promise.all(Array.from({ length: 60 }, (_, at) => logIn(email, 'x', `10.9.${at}.1`)));
    expect(tries.filter(({ status }) => status === 401)).toHaveLength(30);
    expect(tries.filter(({ status }) => status === 429)).toHaveLength(30);
  }, 60_000);

  it('for staff, too', async () => {
    await seedStaff(web, 'staff@north.example', 'owner', ['north']);
    const someone = visitor(web.app, '192.0.2.50');
    const guess = () => someone.post('/staff/sign-in', { email: 'staff@north.example', password: 'wrong' });
    for (let at = 0; at < 5; at++) expect((await guess()).statusCode).toBe(401);
    expect((await guess()).statusCode).toBe(429);
    const elsewhere = visitor(web.app, '192.0.2.51');
    const right = await elsewhere.post('/staff/sign-in', {
      email: 'staff@north.example',
      password: staffPassword,
    });
    expect(right.statusCode).toBe(303);
  });
});

describe('throttling: no one can lock another person out', () => {
  /** Tries wrong passwords from many networks and from the victim's own network. */
  async function attack(email: string, network: string) {
    for (let at = 0; at < 40; at++) await logIn(email, 'wrong', `10.8.${at}.1`);
    for (let at = 0; at < 8; at++) await logIn(email, 'wrong', network);
    expect((await logIn(email, own, '172.20.1.1')).status).toBe(429);
  }

  it('of a device that logged in before, even on the same network', async () => {
    const { email } = await settled();
    const { body } = await logIn(email, own, '192.0.2.9');
    await attack(email, '192.0.2.9');
    expect((await logIn(email, own, '192.0.2.9', body.device)).status).toBe(201);
  }, 60_000);

  it('throttling: the device cookie of another person has no effect', async () => {
    const other = await settled();
    const { body } = await logIn(other.email, own, '192.0.2.10');
    const { email } = await settled();
    await attack(email, '192.0.2.10');
    expect((await logIn(email, own, '192.0.2.10', body.device)).status).toBe(429);
  }, 60_000);

  it('of their first login: the temporary password always works', async () => {
    const person = await seedPerson(web, 'north');
    await attack(person.email, '192.0.2.11');
    expect(await logIn(person.email, person.password!.open(), '192.0.2.11')).toMatchObject({ status: 201 });
  }, 60_000);

  it('throttling: limits new passwords by email', async () => {
    const { email, accountId } = await settled();
    await attack(email, '192.0.2.12');
    const phone = visitor(web.app, '192.0.2.12');
    expect((await phone.post('/app/forgot', { email })).statusCode).toBe(200);
    await expect(owedSoon(accountId!)).resolves.toEqual(['password-reset']);
  }, 60_000);
});

it('throttling: counts an IPv6 network as one, and IPv4 addresses separately', () => {
  expect(networkOf('2001:db8:0:12:1:2:3:4')).toBe('2001:db8:0:12::/64');
  expect(networkOf('2001:0db8::5')).toBe('2001:db8:0:0::/64');
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
});

async function owedSoon(accountId: string): Promise<string[]> {
  for (;;) {
    const queued = await web.queued(accountId);
    if (queued.length > 0) return queued;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
