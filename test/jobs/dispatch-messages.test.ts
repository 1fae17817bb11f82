import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createDispatchMessages } from '../../src/jobs/handlers/dispatch-messages.js';
import type { Enqueue, EnqueueMany } from '../../src/jobs/catalog.js';
import { createCampaignActions } from '../../src/store/messages/campaign-actions.js';
import { drain, mailOf, startWorld, type World } from '../mailer/support.js';

describe('jobs: dispatch-messages', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(async () => {
    for (const table of ['messages', 'practices', 'fair_queue', 'account_links', 'suppressions'] as const) {
      await world.db.deleteFrom(table).execute();
    }
    await world.db
      .updateTable('email_sending')
      .set({ quota_read_at: null, quota_per_second: null, position: 0 })
      .execute();
    world.ses.set({ maxSendRate: 1_000_000 });
    world.setTime('2026-05-04T15:00:00Z');
  });
  afterAll(() => world.stop());

  it('takes emails for about two seconds of the SES rate, sets that rate on the queue, and runs again for more', async () => {
    await world.addPractice('elm');
    await world.owe({ count: 100 });
    world.ses.set({ maxSendRate: 14 });
    const asked: unknown[] = [];
    const again: unknown[] = [];
    const enqueueMany = (async (name: string, jobs: readonly object[]) =>
      void asked.push(...jobs.map((job) => ({ name, ...job })))) as EnqueueMany;
    const enqueue = (async (...args: unknown[]) => void again.push(args)) as unknown as Enqueue;
    const handler = createDispatchMessages({ ...world.mailer(), enqueue, enqueueMany, clock: world.clock });
    expect(await handler({}, {} as never)).toEqual({ did: 'enqueued 28 emails' });
    expect(asked).toHaveLength(28);
    expect(asked[0]).toMatchObject({
      name: 'send-message',
      options: { key: expect.stringMatching(/^[0-9a-z]{20}-0$/), priority: 1 },
    });
    expect(world.rates.at(-1)).toBe(14);
    expect(again).toMatchObject([['dispatch-messages', {}, { delayMs: 500 }]]);
    expect(await handler({}, {} as never)).toEqual({ skipped: 'no email is due' });
  });

  it('enqueues emails again whose jobs were lost', async () => {
    await world.addPractice('elm');
    await world.owe({ count: 3 });
    const mailer = world.mailer();
    const first = (await mailer.dispatcher.dispatch()).mails;
    expect((await mailer.dispatcher.dispatch()).mails).toEqual([]);
    world.pass(31);
    const second = (await mailer.dispatcher.dispatch()).mails;
    expect(second.map(({ key }) => key).sort()).toEqual(first.map(({ key }) => key).sort());
  });

  it('dispatch: alternates between practices, regardless of queue length and order of arrival', async () => {
    for (const id of ['big', 'small', 'late']) await world.addPractice(id);
    await world.owe({ practice: 'big', count: 300 });
    await world.owe({ practice: 'small', count: 10 });
    world.ses.set({ maxSendRate: 15 });
    const mailer = world.mailer();
    const practiceOf = async (ids: string[]) => {
      const rows = await world.db.selectFrom('messages').select(['id', 'practice_id']).where('id', 'in', ids).execute();
      return ids.map((id) => rows.find((row) => row.id === id)?.practice_id);
    };
    world.ses.set({ maxSendRate: 1_000_000 });
    await world.db.updateTable('email_sending').set({ quota_per_second: 15, quota_read_at: world.clock() }).execute();
    const begun = await practiceOf(await drain(mailer, 60, 1));
    expect(begun.slice(0, 20).filter((id) => id === 'small')).toHaveLength(10);

    await world.owe({ practice: 'late', count: 12 });
    const after = await practiceOf(await drain(mailer, 60, 1));
    expect(after.slice(0, 24).filter((id) => id === 'late')).toHaveLength(12);
  });

  it('serves a thousand practices in turn although it looks at only a few at a time', async () => {
    const ids = Array.from({ length: 60 }, (_, at) => `p${at}`);
    for (const id of ids) await world.addPractice(id);
    for (const id of ids) await world.owe({ practice: id, count: 4 });
    await world.db.updateTable('email_sending').set({ quota_per_second: 5, quota_read_at: world.clock() }).execute();
    const order = await drain(world.mailer(), 60, 4);
    const rows = await world.db
      .selectFrom('messages')
      .select(['id', 'practice_id'])
      .where('id', 'in', order.slice(0, 60))
      .execute();
    expect(new Set(rows.map((row) => row.practice_id)).size).toBe(60);
  });

  it('sends single emails before every campaign, and password resets during a pause', async () => {
    await world.addPractice('elm');
    await world.owe({ count: 50 });
    const [single] = await world.owe({ urgent: true });
    const [reset] = await world.owe({ urgent: true, kind: 'password-reset' });
    const { mails } = await world.mailer().dispatcher.dispatch();
    const first = mails.filter(({ priority }) => priority === undefined).map(({ messageId }) => messageId);
    expect(new Set(first)).toEqual(new Set([single!.messageId, reset!.messageId]));
    world.pass(31);
    await createCampaignActions(world).pause(
      'elm',
      'wrong logo',
      { kind: 'staff', id: null, name: 'Fran' },
      world.clock(),
    );
    const paused = await world.mailer().dispatcher.dispatch();
    expect(paused.mails.map(({ messageId }) => messageId)).toEqual([reset!.messageId]);
  });

  it('sends no campaign during quiet hours on the practice’s own clock', async () => {
    await world.addPractice('elm', { quietHours: { from: '20:00', until: '08:00' } });
    await world.owe({ count: 3 });
    world.setTime('2026-05-05T12:00:00Z');
    expect((await world.mailer().dispatcher.dispatch()).mails).toEqual([]);
    world.setTime('2026-05-05T13:00:00Z');
    expect((await world.mailer().dispatcher.dispatch()).mails).toHaveLength(3);
  });

  it('sends a first campaign carefully, widens it, and stops by itself if too many emails bounce', async () => {
    await world.addPractice('elm', { rollout: { first: 10, factor: 3, last: 30, watchMinutes: 60 } });
    await world.owe({ count: 100 });
    const mailer = world.mailer();
    expect(await drain(mailer)).toHaveLength(10);
    world.pass(59 * 60);
    expect(await drain(mailer)).toEqual([]);
    world.pass(2 * 60);
    expect(await drain(mailer)).toHaveLength(20);
    await world.db.updateTable('messages').set({ state: 'bounced' }).where('state', '=', 'accepted').limit(3).execute();
    world.pass(61 * 60);
    expect(await drain(mailer)).toEqual([]);
    const row = await world.db.selectFrom('practices').selectAll().executeTakeFirstOrThrow();
    expect(row).toMatchObject({
      email_paused_by: 'safety-stop',
      email_pause_reason: expect.stringContaining('3 of 30 (10.0 %) emails bounced'),
    });

    await createCampaignActions(world).resume('elm', { kind: 'staff', id: null, name: 'Fran' }, world.clock());
    expect(await drain(mailer)).toHaveLength(10);
  });

  it('keeps the fair order when several processes dispatch at once', async () => {
    for (const id of ['a', 'b']) await world.addPractice(id);
    await world.owe({ practice: 'a', count: 40 });
    await world.owe({ practice: 'b', count: 40 });
    await world.db.updateTable('email_sending').set({ quota_per_second: 10, quota_read_at: world.clock() }).execute();
    const both = await Promise.all([world.mailer().dispatcher.dispatch(), world.mailer().dispatcher.dispatch()]);
    const ids = both.flatMap(({ mails }) => mails.map(({ messageId }) => messageId));
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  });

  it('holds emails of a practice that the configuration no longer knows', async () => {
    await world.addPractice('elm');
    const [person] = await world.owe();
    world.practices.delete('elm');
    expect((await world.mailer().dispatcher.dispatch()).mails).toEqual([]);
    expect(await world.mailer().sender.send(person!.messageId)).toEqual({
      skipped: 'waits: practice-not-configured',
    });
    world.practices.set('elm', mailOf('elm'));
  });
});
