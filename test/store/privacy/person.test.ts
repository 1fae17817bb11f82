import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { actOf } from '../../support/act.js';
import type { Connector, Page } from '../../../src/connectors/contract.js';
import type { Client } from '../../../src/domain/client/client.js';
import { newIds } from '../../../src/lib/ids.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { openQueues } from '../../../src/jobs/bullmq/queues.js';
import type { Actor } from '../../../src/store/access/audit.js';
import { createCredentials } from '../../../src/store/accounts/credentials.js';
import { createCredentialUpkeep } from '../../../src/store/accounts/credential-upkeep.js';
import { inTransaction } from '../../../src/store/db/database.js';
import { createErasedPeople, everyPractice } from '../../../src/store/privacy/erasure-register.js';
import { checkInvariants } from '../../../src/store/db/invariants.js';
import { erasePerson } from '../../../src/store/privacy/erase-person.js';
import { exportPerson } from '../../../src/store/privacy/export-person.js';
import { personTables } from '../../../src/store/privacy/personal-data.js';
import { ensurePractices } from '../../../src/store/sync-runs/practices.js';
import { requestSync, type SyncRun } from '../../../src/store/sync-runs/sync-runs.js';
import { planPractice } from '../../../src/sync/plan.js';
import { runSync } from '../../../src/sync/run-sync.js';
import { syncedPractice } from '../../support/synced-practice.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { watchRedis } from '../../support/redis-watch.js';

const actor: Actor = { kind: 'operator', id: null, name: 'a test' };
const email = 'zebulon.quixote@post.example';
/** No text in the database may contain one of these after Zebulon is erased. */
const traces = [
  'zebulon',
  'quixote',
  'dulcinea',
  'snickerdoodle',
  'marzipan',
  'hidalgo',
  '5550187',
  '7810555',
  '555-0187',
];

function client(pimsId: string, more: Partial<Client> = {}): Client {
  return {
    pimsId,
    displayId: `N${pimsId}`,
    siteId: null,
    title: null,
    firstName: `Ann${pimsId}`,
    lastName: `Fell${pimsId}`,
    spouseFirstName: null,
    spouseLastName: null,
    companyName: null,
    emails: [`ann${pimsId}@post.example`],
    phones: [{ label: 'home', number: `(415) 555-0${pimsId}` }],
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: '2020-01-01',
    lastVisitOn: '2026-10-01',
    pets: [pet(`p${pimsId}`, 'Rex')],
    ...more,
  };
}
function pet(pimsId: string, name: string): Client['pets'][number] {
  return {
    pimsId,
    name,
    species: 'dog',
    speciesRaw: 'Canine',
    breed: null,
    sex: 'male',
    neutered: true,
    sexRaw: 'MN',
    bornOn: '2020-02-02',
    diedOn: null,
    status: 'active',
    statusRaw: 'A',
    share: 100,
    primaryOwner: true,
  };
}
const zebulon = (pimsId = '500', more: Partial<Client> = {}) =>
  client(pimsId, {
    firstName: 'Zebulon',
    lastName: 'Quixote',
    spouseFirstName: 'Dulcinea',
    spouseLastName: 'Quixote',
    companyName: 'Hidalgo Farms',
    emails: [email, 'zq@hidalgo.example'],
    phones: [{ label: 'home', number: '(415) 555-0187' }],
    pets: [pet('z1', 'Snickerdoodle'), pet('z2', 'Marzipan')],
    ...more,
  });

describe('privacy: one person', () => {
  let test: TestDatabase;
  let rows: Record<string, Client[]>;
  const newId = newIds();
  const clock = () => new Date();
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const people = createErasedPeople({ keyring });

  beforeAll(async () => {
    test = await testDatabase();
    const practices = ['elm', 'oak'].map((id) => ({ id, name: id, timeZone: 'UTC' }));
    await ensurePractices(test.db, practices, clock());
    rows = { elm: [client('100'), client('200'), zebulon()], oak: [client('300')] };
    for (const id of ['elm', 'oak']) expect((await sync(id)).state).toBe('done');
  });
  afterAll(() => test.drop());

  const connector = (clients: Client[]): Connector => ({
    capabilities: { oneClient: true },
    check: () => Promise.resolve({ findings: [], problems: [] }),
    async *clients() {
      yield await Promise.resolve<Page>({ clients, unreadable: [], cursor: null });
    },
    client: (id) => Promise.resolve(clients.find((row) => row.pimsId === id || row.displayId === id) ?? null),
    close: () => Promise.resolve(),
  });
  const practice = (id: string) =>
    syncedPractice(connector(rows[id] as Client[]), { id, name: id, timeZone: 'UTC', pageSize: 100 });
  const credentials = () => createCredentials({ db: test.db, keyring, clock });
  async function sync(id: string, reference?: string): Promise<SyncRun> {
    const kind = reference === undefined ? ('resync' as const) : ('client' as const);
    const request = {
      practiceId: id,
      kind,
      by: 'a test',
      ...(reference ? { clientReference: reference } : {}),
    };
    const { runId } = await requestSync(test.db, request, newId, clock);
    const deps = {
      db: test.db,
      clock,
      newId,
      erased: people,
      onProgress: () => Promise.resolve(),
      issuePasswords: (practiceId: string, ids: readonly string[]) =>
        credentials().sealMany(ids.map((accountId) => ({ accountId, practiceId, days: 30 }))),
    };
    return runSync(deps, practice(id), runId, { signal: new AbortController().signal, isFinalAttempt: true });
  }
  const accountId = async (key = email) =>
    (await test.db.selectFrom('accounts').select('id').where('email_key', '=', key).executeTakeFirst())?.id;
  const insert = (table: string, row: object) =>
    test.db
      .insertInto(table as never)
      .values(row as never)
      .execute();
  const erase = (place: string | null, reference: string, dryRun = false) =>
    erasePerson({ db: test.db, people }, { practiceId: place, reference }, actOf(actor, clock()), dryRun);

  /** Dumps every row of every table as one text; bytes as text and as hex. */
  async function everything(): Promise<string[]> {
    const { rows: tables } = await query<{ name: string }>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
    );
    const lines: string[] = [];
    for (const { name } of tables) {
      const found = await query<Record<string, unknown>>(`SELECT * FROM \`${name}\``);
      for (const row of found.rows) {
        const told = Object.values(row).map((value) =>
          Buffer.isBuffer(value) ? `${value.toString('latin1')} ${value.toString('hex')}` : JSON.stringify(value),
        );
        lines.push(`${name}: ${told.join(' | ')}`);
      }
    }
    return lines;
  }
  async function query<T>(text: string): Promise<{ rows: T[] }> {
    const { CompiledQuery } = await import('kysely');
    return test.db.executeQuery<T>(CompiledQuery.raw(text));
  }
  const tracesIn = (lines: readonly string[]) =>
    lines.filter((line) => {
      const bare = line.toLowerCase();
      return traces.some((trace) => bare.includes(trace) || bare.includes(trace.replace('-', '')));
    });

  it('is searched in every table', async () => {
    const { rows: tables } = await query<{ name: string }>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()',
    );
    // If a table is missing below, add its personal data to src/store/privacy/personal-data.ts.
    expect(Object.keys(personTables).sort()).toEqual(tables.map(({ name }) => name).sort());
  });

  it('is exported from every table, without data that opens the account', async () => {
    const id = (await accountId()) as string;
    const now = clock();
    const later = new Date(now.getTime() + 3600_000);
    const welcome = await test.db
      .selectFrom('messages')
      .select('id')
      .where('account_id', '=', id)
      .executeTakeFirstOrThrow();
    const attempt = newId();
    const said = `smtp; 550 <${email}> unknown`;
    await insert('send_attempts', {
      id: attempt,
      message_id: welcome.id,
      number: 1,
      claimed_at: now,
      error_message: said,
    });
    await insert('ses_events', {
      id: 'e1',
      message_id: welcome.id,
      attempt_id: attempt,
      type: 'Bounce',
      happened_at: now,
      received_at: now,
      detail: said,
    });
    await insert('suppressions', { email_key: email, reason: 'complained', detail: said, since: now });
    await insert('account_pets', {
      id: newId(),
      account_id: id,
      practice_id: 'elm',
      pims_id: 'z1',
      name: 'Snickerdoodle',
      species: 'dog',
      state: 'confirmed',
      confirmed_at: now,
    });
    await insert('sessions', {
      token_hash: Buffer.alloc(32, 9),
      kind: 'pet-parent',
      subject_id: id,
      purpose: 'full',
      created_at: now,
      seen_at: now,
      expires_at: later,
    });
    await insert('reset_tokens', {
      token_hash: Buffer.alloc(32, 9),
      kind: 'pet-parent',
      subject_id: id,
      created_at: now,
      expires_at: later,
    });
    await insert('receipts', {
      scope: 'api',
      name: 't:k',
      received_at: now,
      answer: JSON.stringify({ email, account: id, name: 'Zebulon' }),
    });
    await insert('tasks', {
      id: newId(),
      practice_id: 'elm',
      kind: 'owner-says',
      client_pims_id: '500',
      account_id: id,
      sentence: 'Zebulon says: Marzipan.',
      details: JSON.stringify({ email }),
      opened_at: now,
    });
    await insert('audit', {
      at: now,
      actor_kind: 'pet-parent',
      actor_id: id,
      actor_name: null,
      action: 'first-login',
      account_id: id,
      practice_id: null,
      details: null,
    });
    const run = await test.db
      .selectFrom('sync_runs')
      .select('id')
      .where('practice_id', '=', 'elm')
      .executeTakeFirstOrThrow();
    await insert('sync_unreadable', { run_id: run.id, reference: '500', reason: 'the birthday of Marzipan' });
    const copied = { practice_id: 'elm', pims_id: '500' };
    await insert('former_clients', {
      ...copied,
      fingerprint: Buffer.alloc(16, 9),
      record: JSON.stringify(zebulon()),
      changed_at: now,
      living: 1,
    });
    await insert('former_pets', {
      ...copied,
      client_pims_id: '500',
      name: 'Marzipan',
      species: 'dog',
      sex: 'female',
      status: 'active',
      primary_owner: 1,
    });
    // The PIMS has this person under another client's number too.
    const seen = { fingerprint: Buffer.alloc(16, 9), email_key: email, seen_at: now };
    await insert('identity_conflicts', {
      practice_id: 'elm',
      pims_id: '200',
      record: JSON.stringify({ ...zebulon(), pimsId: '200' }),
      ...seen,
    });

    await insert('link_refusals', {
      practice_id: 'elm',
      client_pims_id: '500',
      account_id: newId(),
      email_key: 'other@post.example',
      kept: JSON.stringify({ pets: [{ name: 'Marzipan' }] }),
      said_by: 'Mia',
      said_at: now,
    });

    await insert('undone_facts', {
      practice_id: 'elm',
      client_pims_id: '500',
      kind: 'pet-died',
      subject: 'z1',
      said: null,
      pending: 1,
      pet_name: 'Marzipan',
      species: 'dog',
      born_on: null,
    });
    await insert('former_undone_facts', {
      practice_id: 'elm',
      client_pims_id: '500',
      kind: 'pet-died',
      subject: 'z1',
      said: null,
      pending: 1,
      pet_name: 'Marzipan',
      species: 'dog',
      born_on: null,
    });
    await insert('undone_facts', {
      practice_id: 'elm',
      client_pims_id: '100',
      kind: 'email',
      subject: email,
      said: null,
      pending: 0,
      pet_name: null,
      species: null,
      born_on: null,
    });

    const told = await exportPerson(test.db, { practiceId: null, reference: email }, actOf(actor, now));
    const holding = Object.entries(personTables).filter(([, entry]) => !('none' in entry));
    expect(Object.keys(told.tables).sort()).toEqual(holding.map(([name]) => name).sort());
    const text = JSON.stringify(told);
    for (const trace of ['Zebulon', 'Dulcinea', 'Snickerdoodle', 'Marzipan', 'Hidalgo', '555-0187'])
      expect(text).toContain(trace);
    const shown = await credentials().show(id);
    expect(shown.visible && text.includes(shown.password.open())).toBe(false);
    expect(text).not.toMatch(/"(sealed|token_hash|password_hash|grace_digest)"/);
    expect(text).not.toContain('Fell100');
  });

  it('is found by number; errors distinguish an unknown address, another practice and an invalid text', async () => {
    await expect(erase('elm', 'nobody@post.example')).rejects.toMatchObject({ code: 'person-unknown' });
    await expect(erase('oak', email)).rejects.toMatchObject({ code: 'person-unknown' });
    await expect(erase('oak', (await accountId()) as string)).rejects.toMatchObject({
      code: 'person-unknown',
    });
    await expect(erase('elm', 'a@b.example, c@d.example')).rejects.toMatchObject({
      code: 'person-reference-wrong',
    });
    expect(await erase('elm', 'N500', true)).toMatchObject({
      clients: [{ pimsId: '500', name: 'Zebulon Quixote' }],
    });
  });

  it('is unchanged by a dry run, which reports the same as the real run', async () => {
    const before = await everything();
    const would = await erase('elm', email, true);
    expect(await everything()).toEqual(before);
    expect(would.erased).toMatchObject({
      pims_clients: 1,
      pims_pets: 2,
      accounts: 1,
      messages: 1,
      sessions: 1,
    });
    expect(would.stays.map(({ what }) => what).join('\n')).toMatch(/keyed hashes[^]*audit: \d+ lines/);
  });

  it('leaves no trace in the database or in Redis when erased, and no other person is affected', async () => {
    const id = (await accountId()) as string;
    const now = clock();
    // The mentions of Zebulon in rows of others.
    await test.db
      .updateTable('pims_clients')
      .set({ sentence: 'Looks like Zebulon Quixote.' })
      .where('pims_id', '=', '100')
      .execute();
    await test.db
      .updateTable('account_links')
      .set({ sentence: `Shares ${email}.` })
      .where('client_pims_id', '=', '200')
      .execute();
    await insert('tasks', {
      id: newId(),
      practice_id: 'elm',
      kind: 'duplicate-suspect',
      client_pims_id: '100',
      sentence: 'Looks like Zebulon Quixote.',
      opened_at: now,
    });
    await insert('sync_runs', {
      id: newId(),
      practice_id: 'elm',
      kind: 'client',
      client_reference: 'N500',
      state: 'failed',
      requested_at: now,
      finished_at: now,
      counts: '{}',
      error_message: 'No client "N500".',
    });
    await test.db
      .updateTable('email_sending')
      .set({ stopped_why: `Not verified: ${email}` })
      .execute();
    const redisUrl = `${(process.env['REDIS_URL'] as string).replace(/\/\d*$/, '')}/${1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14)}`;
    const redis = new Redis(redisUrl);
    await redis.flushdb();
    const queues = await openQueues(new Secret(redisUrl), { info() {}, warn() {}, error() {} });
    const welcome = await test.db
      .selectFrom('messages')
      .select('id')
      .where('account_id', '=', id)
      .executeTakeFirstOrThrow();
    await queues.enqueue('send-message', { messageId: welcome.id });
    await queues.enqueue('first-login', { accountId: id });
    expect(tracesIn(await everything()).length).toBeGreaterThan(12);

    const done = await erase('elm', email);
    expect(done).toMatchObject({ accounts: [{ id, kept: null }], onTheirWay: 0 });
    expect(tracesIn(await everything())).toEqual([]);
    const watch = await watchRedis(redis);
    expect((await watch.dump()).length).toBeGreaterThan(2);
    expect(tracesIn(await watch.dump())).toEqual([]);
    watch.stop();
    await redis.flushdb();
    await queues.close();
    redis.disconnect();

    for (const key of ['ann100@post.example', 'ann200@post.example', 'ann300@post.example'])
      expect(await accountId(key)).toBeDefined();
    const others = await test.db.selectFrom('pims_pets').select('client_pims_id').orderBy('client_pims_id').execute();
    expect(others.map((row) => row.client_pims_id)).toEqual(['100', '200', '300']);
    const audit = await test.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'person-erased')
      .where('account_id', '=', id)
      .execute();
    expect(audit).toHaveLength(1);
    expect((await checkInvariants(test.db)).filter(({ count }) => count > 0)).toEqual([]);
  });

  it('is not brought back by a sync, a resync of the client, a new record with the address, or another practice', async () => {
    // Zebulon marked an email as spam: that address is suppressed everywhere, the other one only at this practice.
    (rows['elm'] as Client[]).push(zebulon('501', { firstName: 'Zeb', emails: [email.toUpperCase()] }));
    (rows['oak'] as Client[]).push(zebulon('600', { emails: [email] }));
    const run = await sync('elm');
    expect(run).toMatchObject({ state: 'done', counts: { new: 0, accounts: 0, messages: 0 } });
    await expect(sync('elm', 'N500')).rejects.toMatchObject({ code: 'client-erased' });
    expect((await sync('oak')).counts).toMatchObject({ new: 0, accounts: 0 });
    expect(tracesIn(await everything())).toEqual([]);
    const planning = {
      db: test.db,
      clock,
      newId,
      erased: people,
      signal: new AbortController().signal,
      onPage() {},
    };
    const plan = await planPractice(planning, practice('elm'));
    expect(plan.clients.map(({ pimsId }) => pimsId).sort()).toEqual(['100', '200']);
  });

  it('is still recognised after the keys were rotated and the old key was dropped', async () => {
    const [one, two] = [7, 8].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const both = createKeyring(new Secret(`k2:${two},k1:${one}`));
    const upkeep = createCredentialUpkeep({ db: test.db, keyring: both, clock });
    while ((await upkeep.resealSome()) > 0);
    const later = createErasedPeople({ keyring: createKeyring(new Secret(`k2:${two}`)) });
    const found = await later.among(test.db, 'elm', [zebulon(), client('100')]);
    expect([...found]).toEqual(['500']);
    const back = createCredentialUpkeep({
      db: test.db,
      keyring: createKeyring(new Secret(`k1:${one},k2:${two}`)),
      clock,
    });
    while ((await back.resealSome()) > 0);
  });

  it('returns if they ask for it and an operator readmits them', async () => {
    await inTransaction(test.db, async (trx) => {
      const addresses = [email, 'zq@hidalgo.example'];
      expect(await people.readmit(trx, { practiceId: 'elm', clients: ['500'], emails: addresses })).toBe(3);
      expect(await people.readmit(trx, { practiceId: everyPractice, clients: [], emails: [email] })).toBe(1);
      expect(await people.readmit(trx, { practiceId: 'elm', clients: ['500'], emails: [] })).toBe(0);
    });
    expect((await sync('elm')).counts).toMatchObject({ new: 2, accounts: 1 });
    expect(await accountId()).toBeDefined();
  });

  it('keeps the account if another practice still has a record, and the command says so', async () => {
    expect((await sync('oak')).counts).toMatchObject({ new: 1, accounts: 0 });
    const id = (await accountId()) as string;
    const done = await erase('elm', email);
    expect(done.accounts).toEqual([{ id, kept: 'oak' }]);
    expect(done.stays.some(({ what, why }) => what.includes(id) && why.includes('oak'))).toBe(true);
    expect(await accountId()).toBe(id);
    const left = await test.db.selectFrom('account_links').select('practice_id').where('account_id', '=', id).execute();
    expect(left).toEqual([{ practice_id: 'oak' }]);
    // The Welcome Email of one practice was deleted with its rows; the other practice now queues its own.
    expect((await sync('oak')).counts.messages).toBe(1);
    expect((await checkInvariants(test.db)).filter(({ count }) => count > 0)).toEqual([]);
    await erase(null, email);
    expect(tracesIn(await everything())).toEqual([]);
  });

  it('does not block the address if another client of the household has it', async () => {
    const shared = 'household@post.example';
    rows['oak'] = [
      client('300'),
      client('301', { firstName: 'May', emails: [shared] }),
      client('302', { firstName: 'Kim', emails: [shared] }),
    ];
    await sync('oak');
    await test.db.deleteFrom('account_links').where('client_pims_id', '=', '302').execute();
    const done = await erase('oak', '302');
    expect(done.clients.map(({ pimsId }) => pimsId)).toEqual(['302']);
    expect(done.stays.some(({ what }) => what.includes(shared))).toBe(true);
    rows['oak'] = [
      client('300'),
      client('301', { firstName: 'May', lastName: 'Moved', emails: [shared] }),
      client('302', { firstName: 'Kim', emails: [shared] }),
    ];
    expect((await sync('oak')).counts).toMatchObject({ changed: 1, new: 0 });
  });

  it('is not reported as lost if a sync skips several rows with their address, reads one twice, or they are deleted later', async () => {
    const lost = async () =>
      (await checkInvariants(test.db)).filter(({ count }) => count > 0).map(({ code, examples }) => [code, examples]);
    const barred = 'barred@everywhere.example';
    await inTransaction(test.db, (trx) =>
      people.remember(trx, [{ practiceId: everyPractice, clients: [], emails: [barred] }], clock()),
    );
    const theirs = ['401', '402', '403'].map((id) => client(id, { firstName: `B${id}`, emails: [barred] }));
    rows['oak'] = [client('300'), client('301'), client('301'), client('302'), ...theirs];
    const { counts } = await sync('oak');
    // 302 was erased earlier.
    expect(counts).toMatchObject({ read: 7, leftOut: 5 });
    expect(await lost()).toEqual([]);
    await erase('oak', '301');
    expect(await lost()).toEqual([]);
    expect((await sync('oak')).counts).toMatchObject({ read: 7, leftOut: 6 });
    // One more missing client exceeds the limit.
    await test.db.deleteFrom('pims_clients').where('practice_id', '=', 'oak').where('pims_id', '=', '300').execute();
    expect((await lost()).map(([code]) => code)).toContain('client-lost');
  });
});
