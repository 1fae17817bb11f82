import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../../support/act.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { inTransaction } from '../../../src/store/db/database.js';
import { beginFirstLogin, checkTemporary, reportFirstLogin } from '../../../src/store/accounts/first-login.js';
import { countTry, emailKeyOf, findLogin, findLoginById } from '../../../src/store/accounts/logins.js';
import { seedPerson, seedPractice } from '../../web/support/seed.js';
import { testWeb, type TestWeb } from '../../web/support/web.js';

let web: TestWeb;
beforeAll(async () => {
  web = await testWeb();
  for (const id of ['north', 'south']) await seedPractice(web.deps.db, id);
});
afterAll(() => web.close());

const actor = { kind: 'pet-parent', id: null, name: null } as const;
const check = async (accountId: string, typed: string, keyring = web.deps.keyring) =>
  checkTemporary(await findLoginById(web.deps.db, accountId), new Secret(typed), keyring, web.clock.now);

describe('accounts: a log-in', () => {
  it.each([
    [' Ada@Example.COM ', 'ada@example.com'],
    ['ada@exämple.com', 'ada@xn--exmple-cua.com'],
    ['no address', null],
    ['@example.com', null],
    ['', null],
  ])('is found by the key of "%s"', (typed, key) => {
    expect(emailKeyOf(typed)).toBe(key);
  });

  it('is found with its temporary credential, unless the account is closed', async () => {
    const person = await seedPerson(web, 'north');
    expect(await findLogin(web.deps.db, person.email)).toMatchObject({
      accountId: person.accountId,
      credential: { failedTries: 0 },
    });
    await web.deps.db
      .updateTable('accounts')
      .set({ closed_at: web.clock.now })
      .where('id', '=', person.accountId!)
      .execute();
    expect(await findLogin(web.deps.db, person.email)).toBeNull();
    expect(await findLoginById(web.deps.db, person.accountId!)).toBeNull();
    expect(await findLoginById(web.deps.db, person.accountId!, { closedToo: true })).not.toBeNull();
    expect(await findLogin(web.deps.db, 'nobody@example.com')).toBeNull();
  });

  it('counts wrong attempts for staff to see', async () => {
    const person = await seedPerson(web, 'north');
    await inTransaction(web.deps.db, async (trx) => {
      await countTry(trx, person.accountId);
      await countTry(trx, person.accountId);
      await countTry(trx, null);
    });
    expect(await findLogin(web.deps.db, person.email)).toMatchObject({ credential: { failedTries: 2 } });
  });
});

describe('accounts: a temporary password', () => {
  it('has five results: right, expired, in its grace period, over, wrong', async () => {
    const person = await seedPerson(web, 'north');
    const [id, password] = [person.accountId!, person.password!.open()];
    expect(await check(id, password)).toBe('right');
    expect(await check(id, `${password}X`)).toBe('wrong');
    const old = await seedPerson(web, 'north', { days: -1 });
    const sealed = await web.deps.db
      .selectFrom('temporary_credentials')
      .selectAll()
      .where('account_id', '=', old.accountId!)
      .executeTakeFirstOrThrow();
    const oldPassword = web.deps.keyring.open({ keyId: sealed.key_id!, bytes: sealed.sealed! }, old.accountId!);
    expect(await check(old.accountId!, oldPassword.open())).toBe('right-but-expired');
    expect(await check(old.accountId!, 'BBBB-BBBB-BBBB')).toBe('wrong');

    const begin = () =>
      inTransaction(web.deps.db, (trx) =>
        beginFirstLogin(
          trx,
          web.deps.credentials,
          { accountId: id, typed: person.password! },
          30,
          actOf(actor, web.clock.now),
        ),
      );
    expect(await begin()).toBe(true);
    expect(await begin()).toBe(false);
    expect(await check(id, password)).toBe('going-on');
    expect(await check(id, 'BBBB-BBBB-BBBB')).toBe('wrong');
    web.clock.forward(30 * 60);
    expect(await check(id, password)).toBe('grace-over');
  });

  it('that no key of ours unseals is reported as our fault, and does not log in', async () => {
    const person = await seedPerson(web, 'north');
    const other = createKeyring(new Secret(`k2:${Buffer.alloc(32, 9).toString('base64')}`));
    expect(await check(person.accountId!, person.password!.open(), other)).toBe('unreadable');
  });

  it('ends once if a Pet App reports the first login', async () => {
    const person = await seedPerson(web, 'north');
    const report = () =>
      inTransaction(web.deps.db, (trx) => reportFirstLogin(trx, person.accountId!, actOf(actor, web.clock.now)));
    expect([await report(), await report()]).toEqual(['first', 'known']);
    expect(await check(person.accountId!, person.password!.open())).toBe('wrong');
  });
});
