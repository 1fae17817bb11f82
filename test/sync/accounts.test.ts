import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sql } from 'kysely';
import { actOf } from '../support/act.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { createCredentials } from '../../src/store/accounts/credentials.js';
import { beginFirstLogin } from '../../src/store/accounts/first-login.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
const actor = { kind: 'pet-parent', id: null, name: null } as const;

describe('accounts: an account without a login', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const credentials = () => createCredentials({ db: s.test.db, keyring, clock: () => new Date() });
  const accounts = () =>
    s.test.db
      .selectFrom('accounts as a')
      .leftJoin('temporary_credentials as c', 'c.account_id', 'a.id')
      .leftJoin('account_links as l', 'l.account_id', 'a.id')
      .select(['a.id', 'a.email', 'a.first_login_at', 'c.sealed', 'c.cleared_reason', 'l.client_pims_id'])
      .orderBy('a.email')
      .execute();
  const sent = () =>
    s.test.db
      .updateTable('messages')
      .set({ state: 'delivered', open_key: null })
      .where('state', '=', 'queued')
      .execute();
  const mails = () =>
    s.test.db
      .selectFrom('messages as w')
      .innerJoin('accounts as a', 'a.id', 'w.account_id')
      .select(['a.email', 'w.state', 'w.superseded'])
      .orderBy('a.email')
      .orderBy('w.superseded', 'desc')
      .execute();

  it('account: has no password if its only client moves to an address shared with another client', async () => {
    await s.sync(pims([client(1), client(2, { emails: ['two@post.example'] })]));
    await sent();
    const both = { emails: ['two@post.example'] };
    await s.sync(pims([client(1, both), client(2, both)]));
    const [left, joined] = await accounts();
    expect(left).toMatchObject({
      email: 'ann1@post.example',
      sealed: null,
      cleared_reason: 'left',
      client_pims_id: null,
    });
    expect(joined?.sealed).not.toBeNull();
    expect(await s.broken()).toEqual([]);

    // The next pet parent with that address gets a Welcome Email like anyone, with a valid password.
    await s.sync(pims([client(1, both), client(2, both), client(3, { emails: ['ann1@post.example'] })]));
    expect((await accounts())[0]).toMatchObject({ client_pims_id: '0003', cleared_reason: null });
    expect(await mails()).toEqual([
      { email: 'ann1@post.example', state: 'delivered', superseded: 1 },
      { email: 'ann1@post.example', state: 'queued', superseded: 0 },
      { email: 'two@post.example', state: 'delivered', superseded: 0 },
    ]);
    expect(await s.broken()).toEqual([]);
  });

  it('account: keeps its password while another client has its address', async () => {
    await s.sync(pims([client(1), client(2, { emails: ['two@post.example'] })]));
    const both = { emails: ['two@post.example'] };
    const heir = client(3, { emails: ['ann1@post.example'], inactive: true });
    await s.sync(pims([client(1, both), client(2, both), heir]));
    expect((await accounts())[0]).toMatchObject({ client_pims_id: null, cleared_reason: null });
  });

  it('account: does not change if its pet parent logs in while its email is about to change', async () => {
    await s.sync(pims([client(1)]));
    await sent();
    const [before] = await accounts();
    const accountId = before!.id;
    const shown = await credentials().show(accountId);
    if (!shown.visible) throw new Error('There is no password to log in with.');
    const moved = pims([client(1, { emails: ['new@post.example'] })]);
    const { runId } = await s.enqueue();
    let run: Promise<unknown> = Promise.resolve();
    await s.test.db.transaction().execute(async (trx) => {
      const by = { accountId, typed: shown.password };
      expect(await beginFirstLogin(trx, credentials(), by, 30, actOf(actor))).toBe(true);
      // The nightly sync has read the old state, and meets the login when it writes.
      run = s.go(runId, moved);
      await until(async () => (await waitingForAccounts()) > 0);
    });
    expect(await run).toMatchObject({ state: 'done' });
    await credentials().clear(s.test.db, accountId, 'first-login');
    expect(await accounts()).toMatchObject([
      { id: accountId, email: 'ann1@post.example', sealed: null, client_pims_id: '0001' },
    ]);
    expect(await mails()).toEqual([{ email: 'ann1@post.example', state: 'delivered', superseded: 0 }]);
    const work = await s.test.db.selectFrom('tasks').select('kind').execute();
    expect(work).toEqual([{ kind: 'email-differs' }]);
    expect(await s.broken()).toEqual([]);
  });

  /** Lists statements of other connections that are writing or locking accounts. */
  async function waitingForAccounts(): Promise<number> {
    const { rows } = await sql<{ n: number }>`
      SELECT COUNT(*) AS n FROM information_schema.processlist
      WHERE db = DATABASE() AND id <> CONNECTION_ID()
        AND (info LIKE 'update _accounts_ %' OR info LIKE 'select%from _accounts_ %for update')`.execute(s.test.db);
    return Number(rows[0]?.n ?? 0);
  }
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
