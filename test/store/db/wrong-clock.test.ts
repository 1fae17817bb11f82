import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../../src/store/db/database.js';
import { readQueued } from '../../../src/store/messages/message-queue.js';
import { createSendLedger } from '../../../src/store/messages/outbox.js';
import { createWaveActions } from '../../../src/store/messages/campaign-actions.js';
import { seedPerson, seedPractice, type SeededPerson } from '../../web/support/seed.js';
import { testWeb, type TestWeb } from '../../web/support/web.js';

const tomorrow = new Date(Date.now() + 26 * 3600_000);

/** A worker whose clock was a day ahead has written these times and died. */
describe('a time that is still to come', () => {
  let web: TestWeb;
  let person: SeededPerson;
  const mail = () =>
    web.deps.db
      .selectFrom('welcomes')
      .select(['id', 'state', 'queued_at'])
      .where('id', '=', person.welcomeId!)
      .executeTakeFirstOrThrow();
  const write = (values: { state: 'owed' | 'sending'; queued_at?: Date; changed_at?: Date }) =>
    web.deps.db.updateTable('welcomes').set(values).where('id', '=', person.welcomeId!).execute();

  beforeAll(async () => {
    web = await testWeb();
    await seedPractice(web.deps.db, 'north');
    person = await seedPerson(web, 'north', { firstName: 'Ada', lastName: 'Lovelace', mail: 'owed' });
  });
  afterAll(() => web.close());

  it('does not keep a mail in line for a job that is lost', async () => {
    const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    for (const [queuedAt, queued] of [
      [tomorrow, null],
      [inMinutes(11), null],
      [inMinutes(9), expect.any(Date)],
    ] as const) {
      await write({ state: 'owed', queued_at: queuedAt });
      await inTransaction(web.deps.db, (trx) => readQueued(trx, 60_000, new Date()));
      expect(await mail()).toMatchObject({ state: 'owed', queued_at: queued });
    }
  });

  it('does not keep a mail between us and SES, nor the front desk from settling it', async () => {
    const { db, newId, clock } = web.deps;
    await write({ state: 'sending', changed_at: tomorrow });
    const ledger = createSendLedger(web.deps as never);
    expect(await ledger.loseStale(new Date(Date.now() - 300_000))).toBe(1);
    await db.updateTable('welcomes').set({ changed_at: tomorrow, open_key: 'the only one' }).execute();
    const settled = { welcomeId: person.welcomeId!, practiceId: 'north', as: 'not-sent', afterMinutes: 60 } as const; // prettier-ignore
    const fran = { kind: 'staff', id: null, name: 'Fran' } as const;
    await createWaveActions({ db, newId }).settleUncertain(settled, fran, clock());
    expect(await mail()).toMatchObject({ state: 'owed' });
  });
});
