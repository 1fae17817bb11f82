import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { runSync } from '../../src/sync/run-sync.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const home = 'home@post.example';
const at = (n: number, email: string, more: Partial<Client> = {}) => client(n, { emails: [email], ...more });

describe('sync: the practice that issued a login', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await ensurePractices(s.test.db, [{ id: 'oak', name: 'Oak Grove', timeZone: 'America/Chicago' }], new Date());
  });
  afterEach(() => s.test.drop());

  async function syncOak(clients: Client[]): Promise<void> {
    const { clock, newId } = s.deps;
    const asked = { practiceId: 'oak', kind: 'resync', by: 'a test' } as const;
    const { runId } = await requestSync(s.test.db, asked, newId, clock);
    const oak = { ...s.practice(pims(clients)), id: 'oak', name: 'Oak Grove' };
    await runSync(s.deps, oak, runId, { signal: new AbortController().signal, isFinalAttempt: false });
  }

  const issued = async () => {
    const rows = await s.test.db
      .selectFrom('temporary_credentials as t')
      .innerJoin('accounts as a', 'a.id', 't.account_id')
      .select(['a.email', 't.issuing_practice_id', 'a.last_name'])
      .orderBy('a.id')
      .execute();
    return rows.map((row) => `${row.email}: ${row.issuing_practice_id}, ${row.last_name ?? 'no name'}`);
  };

  it('stays the same if another practice joins, and if the account follows its client to another address', async () => {
    await s.sync(pims([at(1, home, { lastName: 'Elmer' })]));
    await syncOak([at(7, home, { lastName: 'Oakley' })]);
    expect(await issued()).toEqual([`${home}: elm, Elmer`]);
    const elsewhere = 'elsewhere@post.example';
    await syncOak([at(7, elsewhere, { lastName: 'Oakley' })]);
    await s.sync(pims([at(1, elsewhere, { lastName: 'Elmer' })]));
    expect(await issued()).toContain(`${home}: elm, Elmer`);
    expect(await s.broken()).toEqual([]);
  });

  it('changes for an account that the practice left, which deletes the name it gave', async () => {
    await s.sync(pims([at(1, home, { lastName: 'Elmer' }), at(2, 'two@post.example')]));
    await s.sync(pims([at(1, 'two@post.example', { lastName: 'Elmer' }), at(2, 'two@post.example')]));
    await syncOak([at(7, home, { lastName: 'Oakley' })]);
    expect(await issued()).toContain(`${home}: oak, no name`);
  });

  it('alone sees the answers of the pet parent', async () => {
    await s.sync(pims([at(1, home)]));
    await syncOak([at(7, home)]);
    const now = new Date();
    await s.test.db
      .updateTable('accounts')
      .set({ first_login_at: now, confirmed_at: now, phone: '+13125550142', password_hash: 'x' })
      .execute();
    const phones = [{ label: 'home', number: '312-555-0177' }];
    await s.sync(pims([at(1, home, { phones })]));
    await syncOak([at(7, home, { phones })]);
    const items = await s.test.db.selectFrom('tasks').select('practice_id').where('kind', '=', 'owner-says').execute();
    expect(items).toEqual([{ practice_id: 'elm' }]);
  });
});
