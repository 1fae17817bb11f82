import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../../src/lib/ids.js';
import { comparePage } from '../../../src/domain/client/compare-page.js';
import { fingerprint } from '../../../src/domain/client/fingerprint.js';
import { personOf } from '../../../src/domain/client/person.js';
import { storedClients } from '../../../src/store/clients/client-copy.js';
import { writePage } from '../../../src/store/clients/write-page.js';
import { createRetention, type RetentionDays } from '../../../src/store/privacy/retention.js';
import type { Client } from '../../../src/domain/client/client.js';
import { inTransaction } from '../../../src/store/db/database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const now = new Date('2026-06-01T12:00:00Z');
const dayMs = 24 * 3600_000;
const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs);
const idOf = (at: Date) => newIds(() => at)();
const keep: RetentionDays = {
  missingClientRows: 100,
  mailHistory: 100,
  runs: 100,
  closedWork: 100,
  receipts: 30,
};

describe('privacy: retention', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
    await insert('practices', { id: 'elm', name: 'Elm', time_zone: 'UTC', created_at: daysAgo(900) });
  });
  afterAll(() => test.drop());

  const insert = (table: string, row: object) =>
    test.db
      .insertInto(table as never)
      .values(row as never)
      .execute();
  const ids = async (table: string, column = 'id') =>
    (
      await test.db
        .selectFrom(table as never)
        .select(column as never)
        .orderBy(column as never)
        .execute()
    ).map((row) => Object.values(row as object)[0] as unknown);
  const retention = (days: Partial<RetentionDays> = {}, batch = 1000, clock = () => now) =>
    createRetention({ db: test.db, clock, days: { ...keep, ...days }, batch });

  const client = (pimsId: string): Client => ({
    pimsId,
    displayId: pimsId,
    siteId: null,
    title: null,
    firstName: 'Marla',
    lastName: 'Quince',
    spouseFirstName: null,
    spouseLastName: null,
    companyName: 'Hidalgo Farms',
    emails: ['marla@post.example'],
    phones: ['555-555-0142', '555-555-0143', '555-555-0144'].map((number) => ({ label: null, number })),
    inactive: false,
    deleted: false,
    optOut: null,
    classification: null,
    unknownStatus: null,
    createdOn: '2020-01-02',
    lastVisitOn: null,
    pets: [
      {
        pimsId: `p-${pimsId}`,
        name: 'Biscuit',
        species: 'dog',
        speciesRaw: null,
        breed: null,
        sex: 'female',
        neutered: null,
        sexRaw: null,
        bornOn: null,
        diedOn: null,
        status: 'active',
        statusRaw: null,
        share: null,
        primaryOwner: true,
      } as never,
    ],
  });
  const write = async (one: Client) => {
    const seen = [{ client: one, fingerprint: fingerprint(one) }];
    const stored = await storedClients(test.db, 'elm', seen);
    const page = comparePage(seen, stored, (each) => personOf(each, { defaultCountry: 'US' }));
    await inTransaction(test.db, (trx) => writePage(trx, 'elm', page, stored, now));
    return page;
  };
  const setMissing = (pimsId: string, at: Date) =>
    test.db
      .updateTable('pims_clients')
      .set({ missing_since: at, living: 0, needs_evaluation: 0, verdict: 'skip', reason: 'missing' })
      .where('pims_id', '=', pimsId)
      .execute();

  it('retention: deletes expired sessions, throttles, reset links and receipts', async () => {
    const session = { kind: 'staff', subject_id: idOf(now), purpose: 'full', created_at: now, seen_at: now };
    await insert('sessions', { ...session, token_hash: Buffer.alloc(32, 1), expires_at: daysAgo(1) });
    await insert('sessions', { ...session, token_hash: Buffer.alloc(32, 2), expires_at: daysAgo(-1) });
    await insert('throttles', { name: 'over', count: 1, until: daysAgo(1) });
    await insert('throttles', { name: 'counting', count: 1, until: daysAgo(-1) });
    const link = { kind: 'staff', subject_id: idOf(now), created_at: now };
    await insert('reset_tokens', { ...link, token_hash: Buffer.alloc(32, 1), expires_at: daysAgo(2) });
    await insert('reset_tokens', { ...link, token_hash: Buffer.alloc(32, 2), expires_at: daysAgo(0) });
    await insert('receipts', { scope: 'api', name: 'old', received_at: daysAgo(31), answer: null });
    await insert('receipts', { scope: 'api', name: 'young', received_at: daysAgo(29), answer: null });
    const chores = retention();
    for (const name of ['sessions', 'throttles', 'resets', 'receipts']) expect(await chores[name]?.()).toBe(1);
    expect(await ids('throttles', 'name')).toEqual(['counting']);
    expect(await ids('receipts', 'name')).toEqual(['young']);
    expect(await ids('sessions', 'expires_at')).toEqual([daysAgo(-1)]);
    expect(await ids('reset_tokens', 'expires_at')).toEqual([daysAgo(0)]);
  });

  it('retention: deletes names, addresses and pets only of clients missing for long', async () => {
    for (const id of ['gone', 'lately', 'here']) await write(client(id));
    await setMissing('gone', daysAgo(101));
    await setMissing('lately', daysAgo(99));
    expect(await retention()['missing-copies']?.()).toBe(1);
    const rows = await test.db.selectFrom('pims_clients').selectAll().orderBy('pims_id').execute();
    const gone = rows.find((row) => row.pims_id === 'gone');
    expect(gone).toMatchObject({ first_name: null, last_name: null, email_key: null, duplicate_key: null });
    expect(JSON.stringify(gone)).not.toMatch(/marla|quince|0142|2410|hidalgo/i);
    // Every nullable column is empty now, except those without personal data.
    const told = ['missing_since', 'verdict', 'reason', 'sentence', 'decided_at'];
    const full = Object.entries(gone as object).filter(([, value]) => typeof value === 'string');
    const allowed = ['practice_id', 'pims_id', 'record', 'sort_name', 'sound', ...told];
    expect(full.map(([column]) => column).filter((column) => !allowed.includes(column))).toEqual([]);
    expect(rows.filter((row) => row.first_name === 'Marla').map((row) => row.pims_id)).toEqual(['here', 'lately']);
    expect(await ids('pims_pets', 'client_pims_id')).toEqual(['here', 'lately']);
  });

  it('retention: deletes no copy twice, and writes a returning client again', async () => {
    expect(await retention()['missing-copies']?.()).toBe(0);
    expect((await write(client('gone'))).returned).toHaveLength(1);
    const row = await test.db.selectFrom('pims_clients').selectAll().where('pims_id', '=', 'gone').executeTakeFirst();
    expect(row).toMatchObject({
      first_name: 'Marla',
      email_key: 'marla@post.example',
      missing_since: null,
      living: 1,
    });
    expect(await ids('pims_pets', 'client_pims_id')).toContain('gone');
  });

  it('retention: deletes SES details of final emails, never of one with an open status', async () => {
    const old = daysAgo(101);
    const mail = {
      practice_id: 'elm',
      account_id: idOf(old),
      kind: 'welcome',
      due_at: old,
      created_at: old,
      changed_at: old,
    };
    const [delivered, uncertain, young] = [idOf(old), idOf(old), idOf(old)];
    await insert('messages', { ...mail, id: delivered, state: 'delivered' });
    await insert('messages', { ...mail, id: uncertain, state: 'uncertain' });
    await insert('messages', { ...mail, id: young, state: 'delivered' });
    const [first, second, third] = [idOf(old), idOf(old), idOf(daysAgo(99))];
    await insert('send_attempts', { id: first, message_id: delivered, number: 1, claimed_at: old });
    await insert('send_attempts', { id: second, message_id: uncertain, number: 1, claimed_at: old });
    await insert('send_attempts', { id: third, message_id: young, number: 1, claimed_at: old });
    const event = { type: 'Delivery', happened_at: old };
    await insert('ses_events', { ...event, id: 'old', received_at: old });
    await insert('ses_events', { ...event, id: 'young', received_at: daysAgo(99) });
    const chores = retention();
    expect(await chores['mail-attempts']?.()).toBe(1);
    expect(await chores['mail-events']?.()).toBe(1);
    expect(await ids('send_attempts')).toEqual([second, third].sort());
    expect(await ids('ses_events')).toEqual(['young']);
  });

  it('retention: deletes old runs with their unreadable rows, never a practice’s latest full scan', async () => {
    const run = (days: number, state: string, practice = 'elm') => {
      const at = daysAgo(days);
      const id = idOf(at);
      const row = { id, practice_id: practice, kind: 'nightly', state, requested_at: at, counts: '{}' };
      const ended = ['done', 'failed', 'stopped'].includes(state) ? { finished_at: at } : {};
      return insert('sync_runs', { ...row, ...ended }).then(() => id);
    };
    const oldest = await run(300, 'done');
    const latestDone = await run(200, 'done');
    const failedSince = await run(150, 'failed');
    const young = await run(50, 'failed');
    const only = await run(400, 'done', 'oak');
    await insert('sync_unreadable', { run_id: oldest, reference: '7', reason: 'no name' });
    await insert('sync_unreadable', { run_id: young, reference: '7', reason: 'no name' });
    await insert('sync_pages', { run_id: failedSince, page_no: 1, seen: Buffer.alloc(8) });
    const chores = retention();
    expect(await chores['run-marks']?.()).toBe(1);
    expect(await chores['old-runs']?.()).toBe(1);
    expect(await ids('sync_runs')).toEqual([only, latestDone, failedSince, young].sort());
    expect(await ids('sync_unreadable', 'run_id')).toEqual([young]);
  });

  it('retention: deletes tasks closed long ago, never open ones', async () => {
    const old = daysAgo(101);
    const item = {
      practice_id: 'elm',
      kind: 'owner-says',
      sentence: 'Marla Quince says so.',
      opened_at: old,
    };
    const open = idOf(old);
    await insert('tasks', { ...item, id: open });
    await insert('tasks', { ...item, id: idOf(old), closed_at: old });
    expect(await retention()['closed-work']?.()).toBe(1);
    expect(await ids('tasks')).toEqual([open]);
  });

  it('retention: deletes in batches, and pauses for an hour when nothing is left', async () => {
    for (let i = 0; i < 5; i++)
      await insert('ses_events', { id: `b${i}`, type: 'Send', happened_at: now, received_at: daysAgo(200) });
    const clock = { now };
    const forget = retention({}, 2, () => clock.now)['mail-events']!;
    expect([await forget(), await forget(), await forget(), await forget()]).toEqual([2, 2, 1, 0]);
    await insert('ses_events', { id: 'later', type: 'Send', happened_at: now, received_at: daysAgo(200) });
    expect(await forget()).toBe(0);
    clock.now = new Date(now.getTime() + 3600_000);
    expect(await forget()).toBe(1);
  });

  it('retention: deletes nothing that is kept forever', () => {
    const chores = retention({ missingClientRows: null, mailHistory: null, runs: null, closedWork: null });
    expect(Object.keys(chores)).toEqual(['sessions', 'throttles', 'receipts', 'resets', 'run-marks']);
  });
});
