import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connector } from '../../src/connectors/contract.js';
import { fingerprint } from '../../src/domain/client/fingerprint.js';
import { newIds } from '../../src/lib/ids.js';
import { personOf } from '../../src/domain/client/person.js';
import { comparePage } from '../../src/domain/client/compare-page.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { checkInvariants } from '../../src/store/db/invariants.js';
import { overrule } from '../../src/store/decisions/overrides.js';
import { writePage } from '../../src/store/clients/write-page.js';
import { approvePlan, ensurePractices } from '../../src/store/sync-runs/practices.js';
import { requestSync, type SyncRun } from '../../src/store/sync-runs/sync-runs.js';
import type { SyncDeps } from '../../src/sync/deps.js';
import { runSync } from '../../src/sync/run-sync.js';
import { evaluatePractice } from '../../src/sync/evaluate-practice.js';
import { client, pims } from './support/pims.js';
import { syncDeps } from './support/sync-deps.js';
import { syncedPractice } from '../support/synced-practice.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('sync: one run', () => {
  let test: TestDatabase;
  let deps: SyncDeps;
  const never = new AbortController().signal;
  const newId = newIds();
  const clock = () => new Date();

  beforeEach(async () => {
    test = await testDatabase();
    deps = syncDeps(test.db, newId, clock);
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'America/Chicago' }], clock());
  });
  afterEach(() => test.drop());

  const practice = (connector: Connector, policy: object = { welcome: 'automatic' }) =>
    syncedPractice(connector, { policy });

  async function sync(connector: Connector, policy?: object, release = false): Promise<SyncRun> {
    const request = {
      practiceId: 'elm',
      kind: 'resync' as const,
      by: 'a test',
      ...(release ? { safetyStopReleasedBy: 'a test' } : {}),
    };
    const { runId } = await requestSync(test.db, request, newId, clock);
    return runSync(deps, practice(connector, policy), runId, { signal: never, isFinalAttempt: false });
  }
  const table = (name: 'accounts' | 'messages' | 'pims_clients' | 'temporary_credentials') =>
    test.db.selectFrom(name).selectAll().execute() as Promise<Record<string, unknown>[]>;
  const broken = async () => (await checkInvariants(test.db)).filter(({ count }) => count > 0);

  it('sync: evaluates the current state of a client whose record was read ahead of the batch', async () => {
    const rows = Array.from({ length: 2100 }, (_, n) => client(n + 1));
    const moved = client(1500, { emails: ['moved@post.example'], pets: [] });
    let batches = 0;
    deps.onProgress = async (_run, outcome) => {
      // The first batch is written, and the records of the second are loaded.
      if (outcome === null || (batches += 1) > 1) return;
      const read = {
        client: moved,
        fingerprint: fingerprint(moved),
        person: personOf(moved, { defaultCountry: 'US' }),
      };
      const page = { ...comparePage([], new Map(), () => read.person), changed: [read] };
      await test.db.transaction().execute((trx) => writePage(trx, 'elm', page, new Map(), clock()));
    };
    const run = await sync(pims(rows, {}, 1000));
    expect(batches).toBeGreaterThan(2);
    expect(run.counts).toMatchObject({ new: 2100, accounts: 2099, messages: 2099 });
    const row = (await table('pims_clients')).find((one) => one.pims_id === '1500');
    expect(row).toMatchObject({ reason: 'no-living-pet', needs_evaluation: 0, email_key: 'moved@post.example' });
    expect((await table('accounts')).map((one) => one.email)).not.toContain('ann1500@post.example');
    expect(await broken()).toEqual([]);
  });

  it('sync: makes an account, a sealed password and a Welcome Email for each eligible client, once', async () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((n) => client(n));
    rows.push(client(8, { emails: [] }), client(9, { optOut: 'EmailOptout' }));
    const first = await sync(pims(rows));
    expect(first.state).toBe('done');
    expect(first.counts).toMatchObject({ read: 9, new: 9, accounts: 7, messages: 7 });
    expect(first.counts.reasons).toMatchObject({ eligible: 7, 'no-email': 1, 'opted-out': 1 });
    const [before, messages] = [await table('pims_clients'), await table('messages')];

    const second = await sync(pims(rows));
    expect(second.counts).toMatchObject({
      read: 9,
      new: 0,
      changed: 0,
      unchanged: 9,
      accounts: 0,
      messages: 0,
    });
    expect(second.counts.reasons).toEqual({});
    expect(await table('pims_clients')).toEqual(before);
    expect(await table('messages')).toEqual(messages);
    expect(await table('temporary_credentials')).toHaveLength(7);
    expect(await broken()).toEqual([]);
  });

  it('sync: evaluates a duplicate suspect again when the other client is no longer one', async () => {
    const alike = { firstName: 'Sam', lastName: 'Hill', phones: [{ label: 'home', number: '312-555-0142' }] };
    const reasons = async () => (await table('pims_clients')).map(({ reason }) => reason);
    await sync(pims([client(1, alike), client(2, alike)]));
    expect(await reasons()).toEqual(['duplicate-suspect', 'duplicate-suspect']);
    await sync(pims([client(1, alike), client(2, { ...alike, phones: [{ label: 'home', number: '312-555-0143' }] })]));
    expect(await reasons()).toEqual(['eligible', 'eligible']);
  });

  it('sync: invites a client by an override, and recalls the email with the reason when the rule is active again', async () => {
    const rows = [client(1, { pets: [] }), client(2)];
    await sync(pims(rows));
    expect(await table('accounts')).toHaveLength(1);
    const actor = { kind: 'staff', id: null, name: 'Mia' } as const;
    const about = { practiceId: 'elm', pimsId: '0001', reason: 'no-living-pet' };
    const elm = allowPractices(['elm']);
    await overrule(test.db, elm, { ...about, anyway: true }, actor, clock());
    const evaluating = { ...deps, signal: never, onBatch: () => Promise.resolve() };
    await evaluatePractice(evaluating, practice(pims(rows)));
    expect(await table('accounts')).toHaveLength(2);
    // The state stays the same from one nightly sync to the next.
    expect((await sync(pims(rows))).counts.reasons).toEqual({});

    await overrule(test.db, elm, { ...about, anyway: false }, actor, clock());
    await evaluatePractice(evaluating, practice(pims(rows)));
    const mail = (await table('messages')).find((one) => one['client_pims_id'] === '0001');
    const detail = 'The PIMS lists no living, active pet for this client.';
    expect(mail).toMatchObject({ state: 'canceled', reason: 'no-living-pet', detail });
    expect(await broken()).toEqual([]);
  });

  it('sync: creates no account before the approval', async () => {
    const rows = [client(1), client(2)];
    const planned = await sync(pims(rows), { welcome: 'after-approval' });
    expect(planned.counts).toMatchObject({ accounts: 0, messages: 0, reasons: { eligible: 2 } });
    expect(await table('accounts')).toEqual([]);

    await approvePlan(test.db, 'elm', 'Ms Owner', clock());
    const outcome = await evaluatePractice(
      { ...deps, signal: never, onBatch: () => Promise.resolve() },
      practice(pims(rows), { welcome: 'after-approval' }),
    );
    expect(outcome).toMatchObject({ accounts: 2, messages: 2 });
    const later = await sync(pims([...rows, client(3)]), { welcome: 'after-approval' });
    expect(later.counts).toMatchObject({ new: 1, accounts: 1, messages: 1 });
    expect(await broken()).toEqual([]);
  });

  it('sync: keeps every page before a failure and resumes from there', async () => {
    const rows = Array.from({ length: 10 }, (_, n) => client(n));
    const { runId } = await requestSync(test.db, { practiceId: 'elm', kind: 'resync', by: 'a test' }, newId, clock);
    const options = { signal: never, isFinalAttempt: false };
    const cut = runSync(deps, practice(pims(rows, { failAfterPages: 2 })), runId, options);
    await expect(cut).rejects.toMatchObject({ code: 'pims-unreachable' });
    expect(await table('pims_clients')).toHaveLength(6);
    expect(await table('accounts')).toEqual([]);

    const run = await runSync(deps, practice(pims(rows)), runId, options);
    expect(run).toMatchObject({ state: 'done', counts: { read: 10, new: 10, accounts: 10, missing: 0 } });
    expect(run.error).toBeNull();
  });

  it('sync: only one of two workers processes a run, and nothing is written twice', async () => {
    const rows = Array.from({ length: 20 }, (_, n) => client(n));
    const { runId } = await requestSync(test.db, { practiceId: 'elm', kind: 'resync', by: 'a test' }, newId, clock);
    const options = { signal: never, isFinalAttempt: false };
    const both = await Promise.allSettled([
      runSync(deps, practice(pims(rows)), runId, options),
      runSync(deps, practice(pims(rows)), runId, options),
    ]);
    for (const one of both) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'run-taken-over' });
    expect(both.some((one) => one.status === 'fulfilled')).toBe(true);
    expect(await table('accounts')).toHaveLength(20);
    expect(await table('messages')).toHaveLength(20);
    expect(await broken()).toEqual([]);
  });

  it('sync: joins the run that is in progress instead of opening a second one', async () => {
    const request = { practiceId: 'elm', kind: 'resync' as const, by: 'a test' };
    const first = await requestSync(test.db, request, newId, clock);
    const second = await requestSync(test.db, request, newId, clock);
    const night = { ...request, kind: 'nightly' as const, nightlyDate: '2026-11-23' };
    const third = await requestSync(test.db, night, newId, clock);
    expect(first.joined).toBe(false);
    expect([second, third]).toEqual([
      { runId: first.runId, joined: true },
      { runId: first.runId, joined: true },
    ]);
    expect(await requestSync(test.db, night, newId, clock)).toEqual({ runId: first.runId, joined: true });
  });

  it('sync: marks missing clients only after a full scan, and closes nothing', async () => {
    const rows = Array.from({ length: 30 }, (_, n) => client(n));
    await sync(pims(rows));
    const run = await sync(pims(rows.slice(1)));
    expect(run.counts).toMatchObject({ read: 29, unchanged: 29, missing: 1 });
    const [gone] = (await table('pims_clients')).filter((row) => row['missing_since'] !== null);
    expect(gone).toMatchObject({ pims_id: '0000', reason: 'missing', needs_evaluation: 0 });
    expect(await table('accounts')).toHaveLength(30);
    const queued = (await table('messages')).filter((row) => row['state'] === 'queued');
    expect(queued).toHaveLength(29);

    const back = await sync(pims(rows));
    expect(back.counts).toMatchObject({ returned: 1, accounts: 0 });
    expect(await broken()).toEqual([]);
  });

  it('sync: the safety stop changes no client if too many are missing, until a person releases it', async () => {
    const rows = Array.from({ length: 30 }, (_, n) => client(n));
    await sync(pims(rows));
    const stopped = await sync(pims(rows.slice(0, 10)));
    expect(stopped.state).toBe('stopped');
    expect(stopped.error?.code).toBe('too-many-missing');
    expect((await table('pims_clients')).every((row) => row['missing_since'] === null)).toBe(true);

    const released = await sync(pims(rows.slice(0, 10)), undefined, true);
    expect(released).toMatchObject({ state: 'done', counts: { missing: 20 } });
  });

  it('sync: gives two clients of one household with one address one account', async () => {
    const rows = [client(1, { emails: ['home@post.example'] }), client(2, { emails: ['HOME@post.example'] })];
    const run = await sync(pims(rows));
    expect(run.counts.accounts).toBe(1);
    expect(run.counts.messages).toBe(1);
    const links = await test.db.selectFrom('account_links').selectAll().execute();
    expect(new Set(links.map((link) => link.account_id)).size).toBe(1);
    expect(links).toHaveLength(2);
  });

  it('sync: creates one account for one person at two practices that sync at the same moment', async () => {
    await ensurePractices(test.db, [{ id: 'oak', name: 'Oak', timeZone: 'America/Chicago' }], clock());
    const rows = Array.from({ length: 60 }, (_, n) => client(n));
    const at = (id: string) => ({ ...practice(pims(rows)), id });
    await Promise.all(
      ['elm', 'oak'].map(async (id) => {
        const { runId } = await requestSync(test.db, { practiceId: id, kind: 'resync', by: 'a test' }, newId, clock);
        await runSync(deps, at(id), runId, { signal: never, isFinalAttempt: false });
      }),
    );
    expect(await table('accounts')).toHaveLength(60);
    expect(await table('temporary_credentials')).toHaveLength(60);
    const kinds = (await table('messages')).map((row) => row['kind']);
    expect(kinds.filter((kind) => kind === 'welcome')).toHaveLength(60);
    expect(kinds.filter((kind) => kind === 'practice-added')).toHaveLength(60);
    expect(await broken()).toEqual([]);
  });

  it('sync: moves an unused account when the address in the PIMS is corrected, and the old password no longer works', async () => {
    await sync(pims([client(1, { emails: ['ann1@psot.example'] })]));
    const [before] = await table('temporary_credentials');
    const run = await sync(pims([client(1)]));
    expect(run.counts).toMatchObject({ changed: 1, accounts: 0, messages: 1 });
    const [account] = await table('accounts');
    expect(account).toMatchObject({ email: 'ann1@post.example' });
    const [after] = await table('temporary_credentials');
    expect(after?.['sealed']).not.toEqual(before?.['sealed']);
    expect(await broken()).toEqual([]);
  });

  it('sync: resyncs one client, and reports if the PIMS does not have it', async () => {
    const rows = [client(1), client(2)];
    const one = (reference: string) =>
      requestSync(
        test.db,
        { practiceId: 'elm', kind: 'client', by: 'a test', clientReference: reference },
        newId,
        clock,
      );
    const found = await one('C2');
    const run = await runSync(deps, practice(pims(rows)), found.runId, { signal: never, isFinalAttempt: false });
    expect(run).toMatchObject({ state: 'done', counts: { read: 1, new: 1, accounts: 1 } });
    const missing = await one('C99');
    await expect(
      runSync(deps, practice(pims(rows)), missing.runId, { signal: never, isFinalAttempt: false }),
    ).rejects.toMatchObject({ code: 'client-not-found', message: expect.stringContaining('searched by') });
    expect(await table('pims_clients')).toHaveLength(1);
    await expect(one('9'.repeat(129))).rejects.toMatchObject({ code: 'client-not-found' });
  });

  it('sync: evaluates a single client, however staff typed the number', async () => {
    const guid = client(7, { pimsId: '0A6F-7B', displayId: null });
    const connector = pims([guid]);
    // As the database connectors do.
    connector.client = (id) => Promise.resolve(id.trim().toUpperCase() === guid.pimsId ? guid : null);
    const request = {
      practiceId: 'elm',
      kind: 'client' as const,
      by: 'a test',
      clientReference: ' 0a6f-7b ',
    };
    const { runId } = await requestSync(test.db, request, newId, clock);
    const run = await runSync(deps, practice(connector), runId, { signal: never, isFinalAttempt: false });
    expect(run.counts).toMatchObject({ read: 1, new: 1, accounts: 1, reasons: { eligible: 1 } });
  });

  it('sync: still evaluates a single client if the run was interrupted after the read', async () => {
    const request = { practiceId: 'elm', kind: 'client' as const, by: 'a test', clientReference: 'C1' };
    const { runId } = await requestSync(test.db, request, newId, clock);
    const stop = new AbortController();
    const { issuePasswords } = deps;
    deps.issuePasswords = () => {
      stop.abort(new Error('the worker stops'));
      throw stop.signal.reason as Error;
    };
    const cut = runSync(deps, practice(pims([client(1)])), runId, { signal: stop.signal, isFinalAttempt: false });
    await expect(cut).rejects.toThrow('the worker stops');
    deps.issuePasswords = issuePasswords;
    const run = await runSync(deps, practice(pims([client(1)])), runId, { signal: never, isFinalAttempt: false });
    expect(run).toMatchObject({ state: 'done', counts: { read: 1, new: 1, accounts: 1 } });
  });
});
