import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readMail } from '../../../demo/ses/mails.js';
import { checkTemporary } from '../../../src/store/accounts/first-login.js';
import { findLoginById } from '../../../src/store/accounts/logins.js';
import { emailFlow } from '../../../src/store/messages/email-flow.js';
import { createCampaignActions } from '../../../src/store/messages/campaign-actions.js';
import { createMessages } from '../../../src/store/messages/messages.js';
import { drain, messageCounts, startWorld, type World } from '../../mailer/support.js';

const fran = { kind: 'staff' as const, id: 'fran', name: 'Fran' };

describe('messages: actions of staff', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
    await world.addPractice('oak');
  });
  afterAll(() => world.stop());

  const messages = () => createMessages({ ...world, practice: (id) => world.practices.get(id) ?? null });
  const campaigns = () => createCampaignActions(world);
  const resend = (accountId: string, fresh = false) =>
    messages().resend({ accountId, practiceId: 'elm', fresh }, fran, world.clock());
  const audited = async (accountId: string) =>
    (
      await world.db.selectFrom('audit').select('action').where('account_id', '=', accountId).orderBy('id').execute()
    ).map(({ action }) => action);

  it('resends the same password once, however often staff click, and then waits for the cool-down', async () => {
    const [person] = await world.owe();
    await drain(world.mailer());
    await expect(resend(person!.accountId)).rejects.toMatchObject({ code: 'cool-down' });
    world.pass(601);
    const ids = await Promise.all([resend(person!.accountId), resend(person!.accountId), resend(person!.accountId)]);
    expect(new Set(ids).size).toBe(1);
    await drain(world.mailer());
    const [second, first] = world.ses.mails.to(person!.email);
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(2);
    const passwordIn = async (mail: typeof first) =>
      /Temporary password\n(\S+)/.exec((await readMail(mail!)).text ?? '')?.[1];
    expect(await passwordIn(second)).toBe(await passwordIn(first));
    await expect(resend(person!.accountId)).rejects.toMatchObject({ code: 'cool-down' });
    expect(await audited(person!.accountId)).toContain('message-resent');
  });

  it('resends with a new password, and the old one no longer works', async () => {
    const [person] = await world.owe();
    await drain(world.mailer());
    const before = await world.credentials.show(person!.accountId);
    world.pass(601);
    await resend(person!.accountId, true);
    await drain(world.mailer());
    const after = await world.credentials.show(person!.accountId);
    const { subject, text } = await readMail(world.ses.mails.to(person!.email)[0]!);
    expect(subject).toContain('new temporary password');
    expect(after.visible && text?.includes(after.password.open())).toBe(true);
    const login = await findLoginById(world.db, person!.accountId);
    const typed = before.visible ? before.password : (null as never);
    expect(checkTemporary(login, typed, world.keyring, world.clock())).toBe('wrong');
    expect(await audited(person!.accountId)).toContain('temporary-password-reissued');
  });

  it('sends an email that waits in a campaign at once, instead of adding one', async () => {
    const [person] = await world.owe();
    expect(await resend(person!.accountId)).toBe(person!.messageId);
    expect(await world.welcome(person!.messageId)).toMatchObject({
      urgent: 1,
      requested_by: 'Fran',
      state: 'queued',
    });
    await drain(world.mailer());
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(1);
  });

  it('refuses to resend when that would be wrong, with the next step', async () => {
    const [person, other, lost] = await world.owe({ count: 3 });
    const refusal = (accountId: string) => resend(accountId).catch((error: { code: string }) => error.code);
    await world.db
      .updateTable('accounts')
      .set({ first_login_at: world.clock() })
      .where('id', '=', person!.accountId)
      .execute();
    expect(await refusal(person!.accountId)).toBe('already-logged-in');
    await world.db
      .insertInto('suppressions')
      .values({ email_key: other!.email, reason: 'complained', detail: null, since: world.clock() })
      .execute();
    expect(await refusal(other!.accountId)).toBe('address-suppressed');
    await world.db.updateTable('messages').set({ state: 'uncertain' }).where('id', '=', lost!.messageId).execute();
    expect(await refusal(lost!.accountId)).toBe('uncertain-first');
    expect(
      await messages()
        .resend({ accountId: lost!.accountId, practiceId: 'oak', fresh: false }, fran, world.clock())
        .catch((error: { code: string }) => error.code),
    ).toBe('account-unknown');
    await world.db
      .updateTable('messages')
      .set({ state: 'canceled', open_key: null })
      .where('state', 'in', ['queued', 'uncertain'])
      .execute();
  });

  it('queues one password reset for a pet parent who asks, once while it is open', async () => {
    const [person] = await world.owe();
    await drain(world.mailer());
    const enqueue = () =>
      messages().queueAccountRecovery(person!.accountId, 'password-reset', 'the pet parent', world.clock());
    expect(new Set([await enqueue(), await enqueue()]).size).toBe(1);
    await drain(world.mailer());
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(2);
    await enqueue();
    await drain(world.mailer());
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(3);
    expect(
      await messages().queueAccountRecovery(
        person!.accountId,
        'new-temporary-password',
        'the pet parent',
        world.clock(),
      ),
    ).not.toBeNull();
    await drain(world.mailer());
    expect((await readMail(world.ses.mails.to(person!.email)[0]!)).subject).toContain('new temporary password');
    expect(await messages().queueAccountRecovery('0'.repeat(20), 'password-reset', 'x', world.clock())).toBeNull();
  });

  it('queues another password reset if the last one is uncertain', async () => {
    const [person] = await world.owe({ kind: 'password-reset' });
    world.ses.set({ faults: { dropRequests: { next: 1 } } });
    await drain(world.mailer());
    expect((await world.welcome(person!.messageId)).state).toBe('uncertain');
    await messages().queueAccountRecovery(person!.accountId, 'password-reset', 'the pet parent', world.clock());
    await drain(world.mailer());
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(1);
  });

  it('recalls emails that SES does not have, and resends only to the other pet parents', async () => {
    const people = await world.owe({ practice: 'oak', count: 6 });
    await drain(world.mailer(), 0);
    for (const { messageId } of people.slice(0, 2)) await world.mailer().sender.send(messageId);
    expect(await campaigns().recall('oak', fran, world.clock())).toBe(4);
    await campaigns().resume('oak', fran, world.clock());
    expect(await messageCounts(world.db, 'oak')).toEqual({ accepted: 2, recalled: 4 });
    expect(await drain(world.mailer())).toEqual([]);

    expect(await campaigns().resendRest('oak', 'not-sent', 10, fran, world.clock())).toBe(4);
    expect(await campaigns().resendRest('oak', 'not-sent', 10, fran, world.clock())).toBe(0);
    await drain(world.mailer());
    for (const { email } of people) expect(world.ses.counts.acceptedTo(email)).toBe(1);

    expect(await campaigns().resendRest('oak', 'not-logged-in', 10, fran, world.clock())).toBe(0);
    world.pass(601);
    expect(await campaigns().resendRest('oak', 'not-logged-in', 10, fran, world.clock())).toBe(6);
    await drain(world.mailer());
    for (const { email } of people) expect(world.ses.counts.acceptedTo(email)).toBe(2);
  });

  it('gives the reason why a practice’s emails wait', async () => {
    await campaigns().pause('oak', 'The logo is wrong.', fran, world.clock());
    expect(await emailFlow(world.db, 'oak')).toMatchObject({
      paused: { why: 'The logo is wrong.', by: 'Fran' },
      stop: null,
    });
    await campaigns().resume('oak', fran, world.clock());
    expect((await emailFlow(world.db, 'oak')).paused).toBeNull();
  });

  it('approval: evaluates the invited clients again, now with its effects', async () => {
    await world.owe({ practice: 'oak' });
    const invited = await campaigns().approve('oak', fran, world.clock());
    const rows = await world.db
      .selectFrom('pims_clients')
      .select('needs_evaluation')
      .where('practice_id', '=', 'oak')
      .execute();
    expect(rows.filter(({ needs_evaluation }) => needs_evaluation === 1)).toHaveLength(invited);
  });
});
