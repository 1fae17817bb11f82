import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { loadProfile } from '../../src/store/accounts/account-profile.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const typo = 'typo@post.example';
const others = Array.from({ length: 8 }, (_, n) => client(n + 2));
const [other] = others;
const ann = client(1, { emails: [typo] });

describe('sync: an unused account at an address that the PIMS has replaced', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([ann, ...others]));
    await s.test.db
      .updateTable('accounts')
      .set({ first_login_at: new Date() })
      .where('email_key', '=', other!.emails[0]!)
      .execute();
  });
  afterEach(() => s.test.drop());

  const account = async () => (await s.table('accounts')).find((row) => row['email_key'] === typo)!;

  it.each<[string, Partial<Client>]>([
    ['asks for no email', { optOut: 'NO_EMAIL', emails: ['ann@post.example'] }],
    ['has the address of a Pet App user', { emails: other!.emails }],
  ])('shows nothing of a client who now %s, and its password ends', async (_, change) => {
    await s.sync(pims([{ ...ann, ...change }, ...others]));
    const { id } = await account();
    expect((await loadProfile(s.test.db, id as string))?.pets).toEqual([]);
    const credential = await s.test.db
      .selectFrom('temporary_credentials')
      .select(['sealed', 'cleared_reason'])
      .where('account_id', '=', id as string)
      .executeTakeFirstOrThrow();
    expect(credential).toEqual({ sealed: null, cleared_reason: 'left' });
    expect(await s.broken()).toEqual([]);
  });

  it('does not change while all addresses are empty', async () => {
    await s.sync(pims([ann, ...others].map((row) => ({ ...row, emails: [] }))));
    expect((await loadProfile(s.test.db, (await account())['id'] as string))?.pets).toHaveLength(1);
  });
});
