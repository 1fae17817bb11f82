import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connector } from '../../src/connectors/contract.js';
import { runSync } from '../../src/sync/run-sync.js';
import { syncedPractice } from '../support/synced-practice.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const office = 'none@smith.example';

describe('sync: a policy that changes for an address', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const keys = async () => new Set((await s.table('pims_clients')).map((row) => row['email_key']));
  const reasons = async () => new Set((await s.table('pims_clients')).map((row) => row['reason']));

  it('applies to every client with the address, so that ten clients do not get one account', async () => {
    const rows = pims(Array.from({ length: 10 }, (_, n) => client(n + 1, { emails: [office] })));
    await s.sync(rows);
    expect([await reasons(), await keys()]).toEqual([new Set(['placeholder-email']), new Set([null])]);
    await s.evaluate(rows, { welcome: 'automatic', realAddresses: [office] });
    expect([await reasons(), await keys()]).toEqual([new Set(['shared-by-too-many']), new Set([office])]);
    expect(await s.table('accounts')).toEqual([]);
    // Change the policy back.
    await s.evaluate(rows);
    expect([await reasons(), await keys()]).toEqual([new Set(['placeholder-email']), new Set([null])]);
  });

  it('invites the few clients with the address, and finds them by it', async () => {
    const rows = pims([client(1, { emails: [office] }), client(2)]);
    await s.sync(rows);
    await s.evaluate(rows, { welcome: 'automatic', realAddresses: [office] });
    expect((await s.table('accounts')).map((row) => row['email'])).toContain(office);
    expect(await keys()).toEqual(new Set([office, 'ann2@post.example']));
    expect(await s.broken()).toEqual([]);
  });
});

describe('sync: an address of the practice itself', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const desk = 'frontdesk@elmvets.example';
  async function night(connector: Connector, ownAddresses: string[]) {
    const { runId } = await s.enqueue();
    return runSync(s.deps, syncedPractice(connector, { ownAddresses }), runId, {
      signal: new AbortController().signal,
      isFinalAttempt: true,
    });
  }
  const decisions = async () =>
    Object.fromEntries((await s.table('pims_clients')).map((row) => [row['pims_id'], row['reason']]));

  it('creates no account for three walk-in clients who have it, nor for a role at its domain', async () => {
    const walkIns = [1, 2, 3].map((n) => client(n, { emails: [desk] }));
    const employee = client(4, { emails: ['jane@elmvets.example'] });
    const role = client(5, { emails: ['Reception@elmvets.example', 'ann5@post.example'] });
    await night(pims([...walkIns, employee, role]), [desk]);
    expect(await decisions()).toEqual({
      '0001': 'role-email',
      '0002': 'role-email',
      '0003': 'role-email',
      '0004': 'eligible',
      '0005': 'eligible',
    });
    const accounts = (await s.table('accounts')).map((row) => row['email']);
    expect(accounts.sort()).toEqual(['ann5@post.example', 'jane@elmvets.example']);
    expect(await s.broken()).toEqual([]);
  });

  it('holds a client who is already invited and recalls the email; one who has logged in keeps access', async () => {
    const rows = pims([client(1, { emails: [desk] }), client(2, { emails: ['info@elmvets.example'] })]);
    await night(rows, []);
    expect(await decisions()).toEqual({ '0001': 'eligible', '0002': 'eligible' });
    await s.test.db.updateTable('accounts').set({ first_login_at: new Date() }).where('email', '=', desk).execute();
    await night(rows, [desk]);
    expect(await decisions()).toEqual({ '0001': 'has-account', '0002': 'role-email' });
    const queued = await s.test.db
      .selectFrom('messages as w')
      .innerJoin('accounts as a', 'a.id', 'w.account_id')
      .select(['a.email', 'w.state', 'w.reason'])
      .execute();
    expect(queued).toContainEqual({ email: 'info@elmvets.example', state: 'canceled', reason: 'role-email' });
    expect(await s.broken()).toEqual([]);
  });
});
