import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import { pausedByBranding } from '../../../src/store/messages/branding.js';
import { emailFlow } from '../../../src/store/messages/email-flow.js';
import { createSendResults } from '../../../src/store/messages/record-send-results.js';
import { createOutbox } from '../../../src/store/messages/outbox.js';
import type { Row } from '../../../src/store/db/tables.js';
import { createCampaignActions } from '../../../src/store/messages/campaign-actions.js';
import { countUnsentMessages } from '../../../src/store/messages/bulk-resend.js';
import { createMessages } from '../../../src/store/messages/messages.js';
import { drain, messageCounts, startWorld, type World } from '../../mailer/support.js';

const fran = { kind: 'staff' as const, id: 'fran', name: 'Fran' };

describe('messages: actions on all emails of a practice', () => {
  let world: World;
  let practices = 0;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  const campaigns = () => createCampaignActions(world);
  const messages = () => createMessages({ ...world, practice: (id) => world.practices.get(id) ?? null });
  const newPractice = async () => {
    const id = `practice-${++practices}`;
    await world.addPractice(id);
    return id;
  };
  const recall = async (practice: string) => {
    const count = await campaigns().recall(practice, fran, world.clock());
    await campaigns().resume(practice, fran, world.clock());
    return count;
  };
  const sendUnsent = (practice: string) => campaigns().resendRest(practice, 'not-sent', 10, fran, world.clock());
  const unsent = (practice: string) => countUnsentMessages(world.db, allowPractices([practice]), practice);
  const set = (id: string, change: Partial<Row<'messages'>>) =>
    world.db.updateTable('messages').set(change).where('id', '=', id).execute();
  const setAccount = (id: string, change: Partial<Row<'accounts'>>) =>
    world.db
      .updateTable('accounts')
      .set(change as object)
      .where('id', '=', id)
      .execute();
  const messagesForAccount = (accountId: string) =>
    world.db.selectFrom('messages').selectAll().where('account_id', '=', accountId).orderBy('id').execute();
  const paused = async (practice: string) => (await emailFlow(world.db, practice)).paused;

  describe('resending unsent emails', () => {
    it('sends a recalled email of another practice to a logged-in pet parent in its original kind', async () => {
      const practice = await newPractice();
      const [person] = await world.owe({ practice, kind: 'practice-added' });
      await setAccount(person!.accountId, { first_login_at: world.clock() });
      await recall(practice);
      expect(await unsent(practice)).toBe(1);
      expect(await sendUnsent(practice)).toBe(1);
      await drain(world.mailer());
      const mails = await messagesForAccount(person!.accountId);
      expect(mails.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
        'practice-added recalled',
        'practice-added accepted',
      ]);
      expect(await unsent(practice)).toBe(0);
    });

    it('names a practice only to a pet parent who got the login', async () => {
      const practice = await newPractice();
      const [person] = await world.owe({ practice, kind: 'practice-added' });
      await recall(practice);
      expect(await unsent(practice)).toBe(0);
      await world.owe({ practice });
      const [welcomed] = await world.owe({ practice: await newPractice() });
      await set(welcomed!.messageId, { account_id: person!.accountId, state: 'delivered', open_key: null });
      expect(await unsent(practice)).toBe(1);
    });

    it('counts pet parents, and none who has the email by now', async () => {
      const practice = await newPractice();
      await world.owe({ practice, count: 3 });
      await recall(practice);
      expect(await unsent(practice)).toBe(3);
      expect(await sendUnsent(practice)).toBe(3);
      expect(await unsent(practice)).toBe(0);
      await recall(practice);
      expect(await unsent(practice)).toBe(3);
      expect(await sendUnsent(practice)).toBe(3);
      await drain(world.mailer());
      expect(await messageCounts(world.db, practice)).toEqual({ accepted: 3, recalled: 6 });
      expect(await unsent(practice)).toBe(0);
      expect(await sendUnsent(practice)).toBe(0);
    });

    it('includes emails to a former address, and those that Amazon SES would not send', async () => {
      const practice = await newPractice();
      const [moved, rejected] = await world.owe({ practice, count: 2 });
      await drain(world.mailer());
      await set(moved!.messageId, { state: 'bounced', superseded: 1 });
      await set(rejected!.messageId, { state: 'rejected', reason: 'rejected-by-ses' });
      expect((await world.welcome(rejected!.messageId)).accepted_at).not.toBeNull();
      const at = world.clock();
      await world.db
        .insertInto('messages')
        .values({
          id: world.newId(),
          practice_id: practice,
          account_id: moved!.accountId,
          kind: 'welcome',
          state: 'recalled',
          due_at: at,
          created_at: at,
          changed_at: at,
        })
        .execute();
      expect(await unsent(practice)).toBe(2);
      expect(await sendUnsent(practice)).toBe(2);
    });

    it('counts and sends no email to a client who may not get it', async () => {
      const practice = await newPractice();
      const [bounced, closed, inside, held] = await world.owe({ practice, count: 4 });
      await recall(practice);
      const since = world.clock();
      const suppression = { email_key: bounced!.email, reason: 'bounced' as const, detail: null, since };
      await world.db.insertInto('suppressions').values(suppression).execute();
      await setAccount(closed!.accountId, { closed_at: since });
      await setAccount(inside!.accountId, { first_login_at: since });
      await world.db
        .updateTable('pims_clients')
        .set({ verdict: 'skip', reason: 'opted-out' })
        .where('pims_id', '=', held!.pimsId)
        .execute();
      expect(await unsent(practice)).toBe(0);
      expect(await sendUnsent(practice)).toBe(0);
    });

    it('happens once if two staff members request it at once', async () => {
      const practice = await newPractice();
      await world.owe({ practice, count: 5 });
      await recall(practice);
      const counts = await Promise.all([1, 2, 3].map(() => sendUnsent(practice)));
      expect(counts.sort()).toEqual([0, 0, 5]);
      await drain(world.mailer());
      expect(await messageCounts(world.db, practice)).toEqual({ accepted: 5, recalled: 5 });
    });
  });

  describe('a recall', () => {
    it('pauses sending, so that a running approval sends nothing either', async () => {
      const practice = await newPractice();
      await world.owe({ practice, count: 2 });
      expect(await campaigns().recall(practice, fran, world.clock())).toBe(2);
      expect(await paused(practice)).toMatchObject({ by: 'Fran', why: 'The queued emails were recalled.' });
      // The evaluation after the approval continues.
      const [late] = await world.owe({ practice });
      expect(await drain(world.mailer())).toEqual([]);
      await world.mailer().sender.send(late!.messageId);
      expect(await world.welcome(late!.messageId)).toMatchObject({ state: 'queued', attempts: 0 });
      await campaigns().resume(practice, fran, world.clock());
      world.pass(61);
      await drain(world.mailer());
      expect(await world.welcome(late!.messageId)).toMatchObject({ state: 'accepted' });
    });

    it('keeps an earlier pause by staff, but replaces a pause that would end by itself', async () => {
      const practice = await newPractice();
      await campaigns().pause(practice, 'The logo is wrong.', fran, world.clock());
      await campaigns().recall(practice, { ...fran, name: 'Max' }, world.clock());
      expect(await paused(practice)).toMatchObject({ by: 'Fran', why: 'The logo is wrong.' });
      await world.db
        .updateTable('practices')
        .set({ email_paused_by: pausedByBranding })
        .where('id', '=', practice)
        .execute();
      await campaigns().recall(practice, { ...fran, name: 'Max' }, world.clock());
      expect(await paused(practice)).toMatchObject({ by: 'Max' });
    });
  });

  describe('an uncertain email that another email replaced', () => {
    const lost = async (practice: string) => {
      const [person] = await world.owe({ practice, kind: 'new-temporary-password' });
      const outbox = createOutbox({ ...world, practice: () => ({ passwordDays: 30 }), resetHours: 2 });
      const [claimed] = await outbox.claimMany([person!.messageId]);
      await set(person!.messageId, { state: 'uncertain', reason: 'answer-lost' });
      const other = await messages().queueAccountRecovery(
        person!.accountId,
        'new-temporary-password',
        'they',
        world.clock(),
      );
      const { claim } = claimed as Extract<typeof claimed, { claim: unknown }>;
      return { person: person!, claim, other: other! };
    };

    it('is not sent again if staff say that it did not arrive', async () => {
      const practice = await newPractice();
      const { person, other } = await lost(practice);
      world.pass(3600);
      const about = { messageId: person.messageId, practiceId: practice, as: 'not-sent' as const, afterMinutes: 45 };
      expect(await campaigns().resolveUncertain(about, fran, world.clock())).toBe('canceled');
      await drain(world.mailer());
      expect(await world.welcome(person.messageId)).toMatchObject({
        state: 'canceled',
        reason: 'another-took-its-place',
      });
      expect(await world.welcome(other)).toMatchObject({ state: 'accepted' });
      expect(world.ses.counts.acceptedTo(person.email)).toBe(1);
    });

    it('is not sent again if Amazon SES turns out not to have it', async () => {
      const { person, claim } = await lost(await newPractice());
      const end = {
        outcome: 'given-back',
        reason: 'throttled',
        code: 'Throttling',
        message: 'slow',
        again: world.clock(),
      } as const;
      await createSendResults(world).recordMany([{ claim, end }]);
      await drain(world.mailer());
      expect(await world.welcome(person.messageId)).toMatchObject({
        state: 'canceled',
        reason: 'another-took-its-place',
      });
      expect(world.ses.counts.acceptedTo(person.email)).toBe(1);
    });
  });

  it('creates no new password while an email with the current one is being handed over', async () => {
    const practice = await newPractice();
    const [person] = await world.owe({ practice });
    const before = await world.credentials.show(person!.accountId);
    await set(person!.messageId, { state: 'sending' });
    const asked = { accountId: person!.accountId, practiceId: practice, fresh: true };
    await expect(messages().resend(asked, fran, world.clock())).rejects.toMatchObject({ code: 'being-sent' });
    const after = await world.credentials.show(person!.accountId);
    expect(before.visible && after.visible && after.password.open() === before.password.open()).toBe(true);
    const audit = world.db.selectFrom('audit').selectAll().where('account_id', '=', person!.accountId);
    expect(await audit.execute()).toEqual([]);
    expect(await messagesForAccount(person!.accountId)).toHaveLength(1);
  });
});
