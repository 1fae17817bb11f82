import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { newIds } from '../../src/lib/ids.js';
import { invitePolicySchema } from '../../src/domain/decision/policy.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { insertMany } from '../../src/store/db/database.js';
import { conflictOf } from '../../src/store/clients/identity-conflicts.js';
import { checkInvariants } from '../../src/store/db/invariants.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import {
  createIdentityConflicts,
  type IdentityConflicts,
  type WhoIsIt,
} from '../../src/store/clients/resolve-identity.js';
import { requestSync } from '../../src/store/sync-runs/sync-runs.js';
import type { SyncDeps } from '../../src/sync/deps.js';
import { runSync } from '../../src/sync/run-sync.js';
import { evaluatePractice } from '../../src/sync/evaluate-practice.js';
import { syncedPractice } from '../support/synced-practice.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { client, pims } from './support/pims.js';
import { syncDeps } from './support/sync-deps.js';

const elm = allowPractices(['elm']);
const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
const newId = newIds();
const clock = () => new Date();
const policy = invitePolicySchema.parse({ welcome: 'automatic' });

/** The PIMS gave Ann's number to Zed, who registered years later. */
const ann = client(1);
const zed = client(1, {
  firstName: 'Zed',
  lastName: 'Moor',
  emails: ['zed@post.example'],
  phones: [{ label: 'home', number: '555-010-7777' }],
  createdOn: '2026-10-30',
  pets: [{ ...ann.pets[0]!, pimsId: 'p77', name: 'Luna' }],
});

describe('sync: a client number that the PIMS gives to another person', () => {
  let test: TestDatabase;
  let deps: SyncDeps;
  let desk: IdentityConflicts;
  let rows: Client[];

  beforeEach(async () => {
    test = await testDatabase();
    deps = syncDeps(test.db, newId, clock);
    desk = createIdentityConflicts({
      db: test.db,
      practice: (id) => (id === 'elm' ? practice() : null),
    });
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'America/Chicago' }], clock());
    rows = [ann, client(2)];
    await night();
    rows = [zed, client(2)];
  });
  afterEach(() => test.drop());

  const practice = () => syncedPractice(pims(rows), { policy });
  const signal = new AbortController().signal;

  async function night() {
    const { runId } = await requestSync(test.db, { practiceId: 'elm', kind: 'resync', by: 'a test' }, newId, clock);
    return runSync(deps, practice(), runId, { signal, isFinalAttempt: false });
  }
  const say = async (who: WhoIsIt) => {
    const { fingerprint } = (await conflictOf(test.db, 'elm', '0001'))!;
    const said = await desk.resolve(elm, { practiceId: 'elm', pimsId: '0001', fingerprint, who }, mia, clock());
    await evaluatePractice({ ...deps, signal, onBatch: () => Promise.resolve() }, practice());
    return said;
  };
  const clients = () =>
    test.db
      .selectFrom('pims_clients as c')
      .leftJoin('account_links as l', (join) =>
        join.onRef('l.practice_id', '=', 'c.practice_id').onRef('l.client_pims_id', '=', 'c.pims_id'),
      )
      .leftJoin('accounts as a', 'a.id', 'l.account_id')
      .select(['c.pims_id', 'c.first_name', 'c.reason', 'c.identity_conflict', 'a.email'])
      .orderBy('c.first_name')
      .execute();
  const petsOf = async (pimsId: string) =>
    (await test.db.selectFrom('pims_pets').select('name').where('client_pims_id', '=', pimsId).execute()).map(
      ({ name }) => name,
    );
  const openWork = () =>
    test.db.selectFrom('tasks').select(['kind', 'client_pims_id']).where('closed_at', 'is', null).execute();
  const mails = () =>
    test.db
      .selectFrom('messages')
      .innerJoin('accounts', 'accounts.id', 'messages.account_id')
      .select(['email', 'client_pims_id', 'state'])
      .orderBy('email')
      .execute();
  const broken = async () => (await checkInvariants(test.db)).filter(({ count }) => count > 0);

  it('is held, with both people to compare, until the former person is back', async () => {
    const run = await night();
    expect(run.counts.conflicts).toBe(1);
    expect((await conflictOf(test.db, 'elm', '0001'))?.now).toEqual(zed);
    expect(await clients()).toMatchObject([
      { first_name: 'Ann1', reason: 'identity-conflict', identity_conflict: 1 },
      { first_name: 'Ann2', reason: 'eligible' },
    ]);
    expect(await openWork()).toEqual([{ kind: 'identity-conflict', client_pims_id: '0001' }]);
    rows = [ann, client(2)];
    await night();
    expect(await conflictOf(test.db, 'elm', '0001')).toBeNull();
    expect(await clients()).toMatchObject([{ reason: 'eligible', identity_conflict: 0 }, {}]);
    expect(await openWork()).toEqual([]);
  });

  it('is held no longer if the number is missing in the PIMS, and unchanged if the former person is back', async () => {
    const others = Array.from({ length: 11 }, (_, n) => client(n + 2));
    rows = [zed, ...others];
    await night();
    rows = others;
    await night();
    expect(await conflictOf(test.db, 'elm', '0001')).toBeNull();
    rows = [ann, ...rows];
    await night();
    const found = (await clients()).find(({ pims_id }) => pims_id === '0001');
    expect(found).toMatchObject({ reason: 'eligible', identity_conflict: 0 });
    expect(await broken()).toEqual([]);
  });

  it('of the same person is overwritten, and moves the unused account', async () => {
    await night();
    expect(await say('same-person')).toEqual({ former: null });
    expect(await clients()).toMatchObject([
      { pims_id: '0002' },
      {
        pims_id: '0001',
        first_name: 'Zed',
        reason: 'eligible',
        identity_conflict: 0,
        email: 'zed@post.example',
      },
    ]);
    expect(await petsOf('0001')).toEqual(['Luna']);
    expect(await openWork()).toEqual([]);
    const after = await night();
    expect(after.counts).toMatchObject({ unchanged: 2, conflicts: 0, changed: 0 });
    expect(await broken()).toEqual([]);
  });

  it('of another person starts again, and the former person keeps account, pets and history', async () => {
    await test.db.updateTable('messages').set({ state: 'delivered', open_key: null }).execute();
    await night();
    const { former } = await say('someone-else');
    expect(former).toMatch(/^0001~until-/);
    expect(await clients()).toMatchObject([
      { pims_id: former, first_name: 'Ann1', reason: 'missing', email: 'ann1@post.example' },
      { pims_id: '0002' },
      {
        pims_id: '0001',
        first_name: 'Zed',
        reason: 'eligible',
        identity_conflict: 0,
        email: 'zed@post.example',
      },
    ]);
    expect([await petsOf('0001'), await petsOf(former as string)]).toEqual([['Luna'], ['Rex1']]);
    expect(await mails()).toMatchObject([
      { email: 'ann1@post.example', client_pims_id: former, state: 'delivered' },
      { email: 'ann2@post.example' },
      { email: 'zed@post.example', client_pims_id: '0001', state: 'queued' },
    ]);
    expect(await openWork()).toEqual([]);
    const [line] = await test.db.selectFrom('audit').selectAll().where('action', '=', 'identity-resolved').execute();
    expect(line).toMatchObject({ actor_name: 'Mia', practice_id: 'elm' });
    const after = await night();
    expect(after.counts).toMatchObject({ unchanged: 2, conflicts: 0, missing: 0 });
    expect(await broken()).toEqual([]);
  });

  it('identity conflict: recalls the email still queued for the former person', async () => {
    await night();
    const { former } = await say('someone-else');
    expect(await mails()).toMatchObject([
      { email: 'ann1@post.example', client_pims_id: former, state: 'canceled' },
      { email: 'ann2@post.example', state: 'queued' },
      { email: 'zed@post.example', client_pims_id: '0001', state: 'queued' },
    ]);
  });

  it('clears what staff decided about the former person', async () => {
    await night();
    const { account_id } = await test.db
      .selectFrom('account_links')
      .select('account_id')
      .where('client_pims_id', '=', '0002')
      .executeTakeFirstOrThrow();
    await insertMany(test.db, 'link_refusals', [
      {
        practice_id: 'elm',
        client_pims_id: '0001',
        account_id,
        email_key: 'ann2@post.example',
        kept: '{}',
        said_by: 'Mia',
        said_at: clock(),
      },
    ]);
    const { former } = await say('someone-else');
    expect(await test.db.selectFrom('link_refusals').select('client_pims_id').execute()).toEqual([
      { client_pims_id: former },
    ]);
  });

  it('cannot be resolved on an outdated record, at another practice, or during a sync', async () => {
    await night();
    const { fingerprint } = (await conflictOf(test.db, 'elm', '0001'))!;
    const about = { practiceId: 'elm', pimsId: '0001', fingerprint, who: 'someone-else' as const };
    rows = [{ ...zed, firstName: 'Yan', lastName: 'Birch', emails: ['yan@post.example'] }, client(2)];
    await night();
    const otherwise = { code: 'changed-meanwhile' };
    await expect(desk.resolve(elm, about, mia, clock())).rejects.toMatchObject(otherwise);
    const known = { ...about, pimsId: '0002' };
    await expect(desk.resolve(elm, known, mia, clock())).rejects.toMatchObject(otherwise);
    const oak = allowPractices(['oak']);
    await expect(desk.resolve(oak, about, mia, clock())).rejects.toMatchObject({ code: 'not-found' });
    await requestSync(test.db, { practiceId: 'elm', kind: 'resync', by: 'a test' }, newId, clock);
    await test.db.updateTable('sync_runs').set({ state: 'reading' }).where('state', '=', 'queued').execute();
    const latest = (await conflictOf(test.db, 'elm', '0001'))!.fingerprint;
    const now = { ...about, fingerprint: latest };
    await expect(desk.resolve(elm, now, mia, clock())).rejects.toMatchObject({ code: 'sync-in-progress' });
    expect(await clients()).toMatchObject([{ identity_conflict: 1 }, { identity_conflict: 0 }]);
  });
});
