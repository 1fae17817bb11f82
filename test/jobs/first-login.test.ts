import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createFirstLogin } from '../../src/jobs/handlers/first-login.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { seedPerson, seedPractice, type SeededPerson } from '../web/support/seed.js';
import { testWeb, type TestWeb } from '../web/support/web.js';

const context = {} as JobContext;

describe('jobs: the first-login job', () => {
  let web: TestWeb;

  beforeAll(async () => {
    web = await testWeb();
    await seedPractice(web.deps.db, 'north');
  });
  afterAll(() => web.close());

  const job = () => createFirstLogin(web.deps);
  const row = (person: SeededPerson) =>
    web.deps.db
      .selectFrom('temporary_credentials')
      .selectAll()
      .where('account_id', '=', person.accountId!)
      .executeTakeFirstOrThrow();
  const receipts = (person: SeededPerson) =>
    web.deps.db
      .selectFrom('audit')
      .selectAll()
      .where('account_id', '=', person.accountId!)
      .where('action', '=', 'temporary-password-cleared')
      .execute();
  const logIn = (person: SeededPerson) =>
    web.app.inject({
      method: 'POST',
      url: '/v1/logins',
      payload: { email: person.email, password: person.password!.open() },
    });

  it('keeps a temporary password that has not been used', async () => {
    const person = await seedPerson(web, 'north');
    expect(await job()({ accountId: person.accountId! }, context)).toEqual({
      skipped: 'the pet parent has not logged in with it yet',
    });
    expect((await row(person)).sealed).not.toBeNull();
  });

  it('clears the sealed bytes after the first login and writes one receipt without the password', async () => {
    const person = await seedPerson(web, 'north');
    expect((await logIn(person)).statusCode).toBe(201);
    expect(await job()({ accountId: person.accountId! }, context)).toEqual({
      did: 'cleared the temporary password',
    });
    expect(await row(person)).toMatchObject({ sealed: null, key_id: null, cleared_reason: 'first-login' });
    const [receipt, ...others] = await receipts(person);
    expect(others).toEqual([]);
    expect(JSON.stringify(receipt)).not.toContain(person.password!.open());
  });

  it('changes nothing when it runs again', async () => {
    const person = await seedPerson(web, 'north');
    await logIn(person);
    await job()({ accountId: person.accountId! }, context);
    const before = await row(person);
    web.clock.forward(60);
    expect(await job()({ accountId: person.accountId! }, context)).toEqual({
      skipped: 'it was already cleared',
    });
    expect(await row(person)).toEqual(before);
    expect(await receipts(person)).toHaveLength(1);
  });

  it('skips an account that does not exist', async () => {
    expect(await job()({ accountId: 'zzzzzzzzzzzzzzzzzzzz' }, context)).toMatchObject({
      skipped: expect.any(String),
    });
  });
});
