import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../src/store/db/database.js';
import { readQueued } from '../../../src/store/messages/message-queue.js';
import { createSendLedger } from '../../../src/store/messages/outbox.js';
import { createCampaignActions } from '../../../src/store/messages/campaign-actions.js';
import { seedPerson, seedPractice, type SeededPerson } from '../../web/support/seed.js';
import { testWeb, type TestWeb } from '../../web/support/web.js';

const tomorrow = new Date(Date.now() + 26 * 3600_000);

/** A worker whose clock was a day ahead wrote these times and ended. */
describe('database: times in the future', () => {
  let web: TestWeb;
  let person: SeededPerson;
  const mail = () =>
    web.deps.db
      .selectFrom('messages')
      .select(['id', 'state', 'enqueued_at'])
      .where('id', '=', person.messageId!)
      .executeTakeFirstOrThrow();
  const write = (values: { state: 'queued' | 'sending'; enqueued_at?: Date; changed_at?: Date }) =>
    web.deps.db.updateTable('messages').set(values).where('id', '=', person.messageId!).execute();

  beforeAll(async () => {
    web = await testWeb();
    await seedPractice(web.deps.db, 'north');
    person = await seedPerson(web, 'north', { firstName: 'Ada', lastName: 'Lovelace', mail: 'queued' });
  });
  afterAll(() => web.close());

  it('do not keep an email queued for a lost job', async () => {
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    for (const [queuedAt, queued] of [
      [tomorrow, null],
      [inMinutes(11), null],
      [inMinutes(9), expect.any(Date)],
    ] as const) {
      await write({ state: 'queued', enqueued_at: queuedAt });
      await inTransaction(web.deps.db, (trx) => readQueued(trx, 60_000, new Date()));
      expect(await mail()).toMatchObject({ state: 'queued', enqueued_at: queued });
    }
  });

  it('do not keep an email in sending, nor the front desk from resolving it', async () => {
    const { db, newId, clock } = web.deps;
    await write({ state: 'sending', changed_at: tomorrow });
    const ledger = createSendLedger(web.deps as never);
    expect(await ledger.loseStale(new Date(Date.now() - 300_000))).toBe(1);
    await db.updateTable('messages').set({ changed_at: tomorrow, open_key: 'the only one' }).execute();
    const settled = { messageId: person.messageId!, practiceId: 'north', as: 'not-sent', afterMinutes: 60 } as const;
    const fran = { kind: 'staff', id: null, name: 'Fran' } as const;
    await createCampaignActions({ db, newId }).resolveUncertain(settled, fran, clock());
    expect(await mail()).toMatchObject({ state: 'queued' });
  });
});
