import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { newIds } from '../../../src/lib/ids.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { createCredentialUpkeep } from '../../../src/store/accounts/credential-upkeep.js';
import { checkTemporary } from '../../../src/store/accounts/first-login.js';
import { countTry, findLoginById } from '../../../src/store/accounts/logins.js';
import { createCredentials, type Credentials } from '../../../src/store/accounts/credentials.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

describe('accounts: credentials', () => {
  let test: TestDatabase;
  let credentials: Credentials;
  let now = new Date('2026-05-04T12:00:00Z');
  const clock = () => new Date(now);
  const newId = newIds();
  const oldKey = `k1:${randomBytes(32).toString('base64')}`;
  const keyring = createKeyring(new Secret(oldKey));

  beforeAll(async () => {
    test = await testDatabase();
    credentials = createCredentials({ db: test.db, keyring, clock });
  });
  afterAll(() => test.drop());

  async function account(): Promise<string> {
    const id = newId();
    const email = `${id}@example.com`;
    await test.db.insertInto('accounts').values({ id, email, email_key: email, created_at: now }).execute();
    return id;
  }
  const issue = (id: string, days = 30) =>
    test.db.transaction().execute((trx) => credentials.issue(trx, { accountId: id, practiceId: 'north', days }));
  const check = async (id: string, typed: Secret) =>
    checkTemporary(await findLoginById(test.db, id), typed, keyring, clock());
  const row = (id: string) =>
    test.db.selectFrom('temporary_credentials').selectAll().where('account_id', '=', id).executeTakeFirstOrThrow();
  const passwordOf = async (id: string) => {
    const shown = await credentials.show(id);
    return shown.visible ? shown.password : new Secret(`not visible: ${shown.why}`);
  };

  it('is sealed, visible before the first login, and accepted in any spelling', async () => {
    const id = await account();
    await issue(id);
    const password = await passwordOf(id);
    expect(password.open()).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
    expect((await row(id)).sealed?.includes(password.open())).toBe(false);
    expect(await check(id, new Secret(password.open().toLowerCase().replaceAll('-', ' ')))).toBe('right');
    expect(await check(id, new Secret('WRNG-WRNG-WRNG'))).toBe('wrong');
    await test.db.transaction().execute((trx) => countTry(trx, id));
    expect((await row(id)).failed_tries).toBe(1);
  });

  it('is reported as expired only to a person who typed it correctly, and is no longer visible', async () => {
    const id = await account();
    await issue(id, 1);
    const password = await passwordOf(id);
    now = new Date(now.getTime() + 25 * 3600_000);
    expect(await check(id, password)).toBe('right-but-expired');
    expect(await check(id, new Secret('WRNG-WRNG-WRNG'))).toBe('wrong');
    expect(await credentials.show(id)).toEqual({ visible: false, why: 'expired' });
  });

  it('is invisible from the first login on, and works during the grace period although it is cleared', async () => {
    const id = await account();
    await issue(id);
    const password = await passwordOf(id);
    const use = () => test.db.transaction().execute((trx) => credentials.markUsed(trx, id, password, 30));
    expect([await use(), await use()]).toEqual([true, false]);
    expect(await credentials.show(id)).toEqual({ visible: false, why: 'logged-in' });
    expect(await createCredentialUpkeep({ db: test.db, keyring, clock }).aliveAfterFirstLogin()).toEqual([id]);
    expect([
      await credentials.clear(test.db, id, 'first-login'),
      await credentials.clear(test.db, id, 'first-login'),
    ]).toEqual([true, false]);
    expect(await row(id)).toMatchObject({
      sealed: null,
      key_id: null,
      cleared_at: clock(),
      cleared_reason: 'first-login',
    });
    expect(await createCredentialUpkeep({ db: test.db, keyring, clock }).aliveAfterFirstLogin()).toEqual([]);
    expect(await check(id, password)).toBe('going-on');
    now = new Date(now.getTime() + 31 * 60_000);
    expect(await check(id, password)).toBe('grace-over');
    await createCredentialUpkeep({ db: test.db, keyring, clock }).endPastGraces();
    expect((await row(id)).grace_digest).toBeNull();
  });

  it('no longer works once a new one is issued; none is issued after the first login', async () => {
    const id = await account();
    await issue(id);
    const first = await passwordOf(id);
    await issue(id);
    expect(await check(id, first)).toBe('wrong');
    // The password was right when it was checked; since then the login has another password.
    const late = test.db.transaction().execute((trx) => credentials.markUsed(trx, id, first, 30));
    expect(await late).toBe(false);
    expect(await credentials.show(id)).toMatchObject({ visible: true });
    await test.db.updateTable('accounts').set({ first_login_at: now }).where('id', '=', id).execute();
    await expect(issue(id)).rejects.toMatchObject({ code: 'already-logged-in' });
    await expect(issue('0'.repeat(20))).rejects.toMatchObject({ code: 'account-unknown' });
  });

  it('cannot be unsealed if its bytes are moved to another account', async () => {
    const [mine, other] = [await account(), await account()];
    await issue(mine);
    await issue(other);
    const { sealed } = await row(mine);
    await test.db.updateTable('temporary_credentials').set({ sealed }).where('account_id', '=', other).execute();
    await expect(credentials.show(other)).rejects.toMatchObject({ code: 'credential-unreadable' });
  });

  it('is sealed again when the key changes, and the old key can then be dropped', async () => {
    await test.db.deleteFrom('temporary_credentials').execute();
    const ids = await Promise.all(Array.from({ length: 7 }, account));
    await credentials.issueMany(
      test.db,
      ids.map((accountId) => ({ accountId, practiceId: 'north', days: 30 })),
    );
    const before = await Promise.all(ids.map(async (id) => (await passwordOf(id)).open()));
    const newKey = `k2:${randomBytes(32).toString('base64')}`;
    const both = createKeyring(new Secret(`${newKey},${oldKey}`));
    const { resealSome } = createCredentialUpkeep({ db: test.db, keyring: both, clock });
    expect([await resealSome(5), await resealSome(5), await resealSome(5)]).toEqual([5, 2, 0]);
    const only = createCredentials({ db: test.db, keyring: createKeyring(new Secret(newKey)), clock });
    const after = await Promise.all(
      ids.map(async (id) => only.show(id).then((shown) => (shown.visible ? shown.password.open() : shown.why))),
    );
    expect(after).toEqual(before);
  });
});
