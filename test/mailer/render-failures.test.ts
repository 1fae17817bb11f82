import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMessages } from '../../src/store/messages/messages.js';
import { mailOf, startWorld, type World } from './support.js';

const fran = { kind: 'staff' as const, id: null, name: 'Fran' };
/** A text that no page would save: it has an unknown variable. */
const broken = { texts: { welcome: { opening: '{{nobodyKnowsThis}}' } } };

describe('emails: an email that cannot be rendered', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm', broken);
  });
  afterAll(() => world.stop());

  const workOf = (accountId: string) =>
    world.db.selectFrom('tasks').selectAll().where('account_id', '=', accountId).execute();

  it('is tried six times within about five hours, then fails with a task for staff, and is sent once staff resend it', async () => {
    const [person] = await world.owe();
    const { messageId, accountId } = person!;
    const { sender } = world.mailer();
    const waits: number[] = [];
    for (let made = 1; made < 6; made++) {
      expect(await sender.send(messageId)).toEqual({ did: 'given-back: cannot-be-rendered' });
      const { due_at } = await world.welcome(messageId);
      waits.push((due_at.getTime() - world.clock().getTime()) / 60_000);
      // A temporary refusal of SES does not count as a failed rendering.
      world.practices.set('elm', mailOf('elm'));
      world.ses.set({ faults: { throttle: { next: 1 } } });
      expect(await sender.send(messageId)).toEqual({ did: 'given-back: throttled' });
      world.practices.set('elm', mailOf('elm', broken));
      expect(await workOf(accountId)).toEqual([]);
    }
    expect(waits).toEqual([10, 20, 40, 80, 160]);

    expect(await sender.send(messageId)).toEqual({ did: 'failed: cannot-be-rendered' });
    expect(await world.welcome(messageId)).toMatchObject({
      state: 'failed',
      reason: 'cannot-be-rendered',
      open_key: null,
    });
    expect(await sender.send(messageId)).toEqual({ skipped: 'not queued' });
    const [item, ...more] = await workOf(accountId);
    expect(more).toEqual([]);
    expect(item).toMatchObject({ kind: 'mail-failed', closed_at: null });
    expect(item!.sentence).toMatch(
      /^The email to parent-\d+@example.com of Kim Weaver \d+ \(\d+\) could not be rendered in 6 attempts\./,
    );
    expect(world.logged).toContainEqual(
      expect.objectContaining({ messageId, message: 'gave up an email that cannot be rendered' }),
    );
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(0);

    world.practices.set('elm', mailOf('elm'));
    const messages = createMessages({
      ...world.deps,
      practice: () => ({ passwordDays: 30, resendCoolDownMinutes: 10 }),
    });
    const again = await messages.resend({ accountId, practiceId: 'elm', fresh: false }, fran, world.clock());
    expect(again).not.toBe(messageId);
    expect(await sender.send(again)).toEqual({ did: 'accepted' });
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(1);
  });

  it('does not stop the other emails of its batch', async () => {
    world.practices.set('elm', mailOf('elm', broken));
    const [welcome] = await world.owe();
    const [reset] = await world.owe({ kind: 'password-reset' });
    const { sender } = world.mailer();
    const outcomes = await Promise.all([welcome!, reset!].map((one) => sender.send(one.messageId)));
    expect(outcomes).toEqual([{ did: 'given-back: cannot-be-rendered' }, { did: 'accepted' }]);
  });
});
