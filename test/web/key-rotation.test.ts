import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createKeyring, type Keyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { createCredentialUpkeep, resealFor } from '../../src/store/accounts/credential-upkeep.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { createWeb } from '../../src/web/create-web.js';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

const entry = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const ring = (...entries: string[]) => createKeyring(new Secret(entries.join(',')));
// The first key of the test's web process.
const k1 = entry('k1', 7);
const k2 = entry('k2', 9);

describe('console: while the keys are rotated', () => {
  let web: TestWeb;
  beforeAll(async () => {
    web = await testWeb();
    await seedPractice(web.deps.db, 'north', 'North Practice');
    await seedStaff(web, 'mia@north.test', 'manager', ['north']);
  });
  afterAll(() => web.close());

  /** A web process with other keys on the same database. */
  async function processWith<T>(
    keyring: Keyring,
    use: (process: Awaited<ReturnType<typeof createWeb>>) => Promise<T>,
  ): Promise<T> {
    const { db, clock } = web.deps;
    const process = await createWeb({
      ...web.deps,
      keyring,
      credentials: createCredentials({ db, keyring, clock }),
    });
    try {
      return await use(process);
    } finally {
      await process.close();
    }
  }
  const seal = (keyring: Keyring) =>
    resealFor(createCredentialUpkeep({ db: web.deps.db, keyring, clock: web.deps.clock }), 10_000);
  const logIn = (app: Awaited<ReturnType<typeof createWeb>>, person: SeededPerson, address: string) =>
    visitor(app, address).post('/app/login', { email: person.email, password: person.password!.open() });
  const tries = async ({ accountId }: SeededPerson) =>
    (
      await web.deps.db
        .selectFrom('temporary_credentials')
        .select('failed_tries')
        .where('account_id', '=', accountId!)
        .executeTakeFirstOrThrow()
    ).failed_tries;

  it('everyone can log in at each step, whichever process seals and whichever answers', async () => {
    // First k2 comes after k1 in some processes, then before it in some.
    const steps = [
      [ring(k1), ring(k1, k2)],
      [ring(k1, k2), ring(k2, k1)],
      [ring(k2, k1), ring(k2)],
    ] as const;
    for (const [at, both] of steps.entries()) {
      for (const [seals, answers] of [both, [...both].reverse()] as const) {
        const person = await seedPerson(web, 'north');
        // The last step requires that `keys list` reports k1 as unused.
        if (at === 2) await seal(ring(k2, k1));
        await seal(seals as Keyring);
        const answer = await processWith(answers as Keyring, (app) => logIn(app, person, '192.0.2.1'));
        expect([at, answer.statusCode, answer.headers.location]).toEqual([at, 303, '/app/first-login']);
      }
    }
  });

  it('a process without the new key answers that it cannot check, counts no wrong attempt, and logs why', async () => {
    const person = await seedPerson(web, 'north');
    await seal(ring(k2, k1));
    const before = web.logged.length;
    for (let again = 0; again < 30; again++) expect((await logIn(web.app, person, '192.0.2.2')).statusCode).toBe(503);
    const body = { email: person.email, password: person.password!.open() };
    const flash = await web.app.inject({ method: 'POST', url: '/v1/logins', payload: body });
    expect([flash.statusCode, flash.json()]).toEqual([503, expect.objectContaining({ code: 'credential-unreadable' })]);
    expect(flash.body).not.toContain('CREDENTIAL_KEYS');
    expect(await tries(person)).toBe(0);
    expect(web.logged.slice(before).join('')).toContain(`account ${person.accountId}`);
    const answer = await processWith(ring(k2, k1), (app) => logIn(app, person, '192.0.2.2'));
    expect(answer.statusCode).toBe(303);
  });

  it('so does a process without the key of an interrupted first login', async () => {
    const person = await seedPerson(web, 'north');
    await seal(ring(k2, k1));
    await processWith(ring(k2, k1), (app) => logIn(app, person, '192.0.2.3'));
    expect((await logIn(web.app, person, '192.0.2.3')).statusCode).toBe(503);
  });

  it('staff of such a process see that the password cannot be shown now', async () => {
    const person = await seedPerson(web, 'north');
    await seal(ring(k2, k1));
    const mia = visitor(web.app, '192.0.2.4');
    await mia.post('/staff/sign-in', { email: 'mia@north.test', password: staffPassword });
    const path = `/staff/pet-parents/north/${person.pimsId}`;
    const page = await mia.post(`${path}/password`, {}, path);
    expect([page.statusCode, page.body.includes('CREDENTIAL_KEYS')]).toEqual([503, false]);
  });

  it('key rotation: an old worker leaves passwords that it cannot unseal, and seals the rest', async () => {
    const [theirs, own] = [await seedPerson(web, 'north'), await seedPerson(web, 'north')];
    const { db, clock } = web.deps;
    await seal(ring(k2, k1));
    const old = createCredentials({ db, keyring: ring(k1), clock });
    await old.issueMany(db, [{ accountId: own.accountId!, practiceId: 'north', days: 30 }]);
    expect(await seal(ring(k1))).toBe(0);
    const k3 = entry('k3', 11);
    expect(await seal(ring(k3, k1))).toBe(1);
    const keyOf = async (accountId: string) =>
      (
        await db
          .selectFrom('temporary_credentials')
          .select('key_id')
          .where('account_id', '=', accountId)
          .executeTakeFirst()
      )?.key_id;
    expect([await keyOf(theirs.accountId!), await keyOf(own.accountId!)]).toEqual(['k2', 'k3']);
  });

  it('key rotation: one altered row does not stop the others from being sealed again', async () => {
    const [altered, sound] = [await seedPerson(web, 'north'), await seedPerson(web, 'north')];
    const { db } = web.deps;
    await db
      .updateTable('temporary_credentials')
      .set({ sealed: Buffer.alloc(42) })
      .where('account_id', '=', altered.accountId!)
      .execute();
    expect(await seal(ring(k2, k1))).toBeGreaterThan(0);
    const left = await db.selectFrom('temporary_credentials').select('account_id').where('key_id', '=', 'k1').execute();
    expect(left.map((row) => row.account_id)).toEqual([altered.accountId]);
    expect(sound.accountId).not.toBe(altered.accountId);
  });
});
