import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMail } from '../../demo/ses/mails.js';
import { createSendMessage } from '../../src/jobs/handlers/send-message.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import type { MailTransport } from '../../src/mailer/ses/ses-transport.js';
import { drain, startWorld, type World } from '../mailer/support.js';

const context: JobContext = {
  jobId: '1',
  isFinalAttempt: true,
  signal: new AbortController().signal,
  progress: async () => undefined,
  about: () => undefined,
};

describe('jobs: send-message', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
  });
  beforeEach(async () => {
    world.ses.clear();
    await world.db
      .updateTable('email_sending')
      .set({ stopped_at: null, probe_id: null, share: 1, throttled_at: null })
      .execute();
  });
  afterAll(() => world.stop());

  const send = (messageId: string, transport?: Partial<MailTransport>) => {
    const mailer = world.mailer(transport ? { transport: world.transportWith(transport) } : {});
    return createSendMessage(mailer)({ messageId }, context);
  };

  it('send: emails the login once, with user ID, temporary password, pets, expiry and support contact', async () => {
    const [person] = await world.owe();
    const shown = await world.credentials.show(person!.accountId);
    expect(await send(person!.messageId)).toEqual({ did: 'accepted' });
    expect(await send(person!.messageId)).toEqual({ skipped: 'not queued' });

    const [mail, ...more] = world.ses.mails.to(person!.email);
    expect(more).toEqual([]);
    expect(mail!.configurationSet).toBe('pims');
    expect(mail!.tags['message']).toBe(person!.messageId);
    const { subject, text, html } = await readMail(mail!);
    expect(subject).toBe('Your elm Vets Pet App login');
    const password = shown.visible ? shown.password.open() : 'hidden';
    for (const part of [text, html]) {
      for (const told of [
        password,
        person!.email,
        'Luna',
        'Max',
        'June 3, 2026',
        'https://pets.example.com/app/login',
        '+1 555 010 2000',
      ]) {
        expect(part).toContain(told);
      }
    }
    const attempt = await world.db
      .selectFrom('send_attempts')
      .selectAll()
      .where('message_id', '=', person!.messageId)
      .executeTakeFirstOrThrow();
    expect(mail!.tags['attempt']).toBe(attempt.id);
    expect(attempt).toMatchObject({ number: 1, outcome: 'accepted', ses_message_id: mail!.messageId });
    expect(await world.welcome(person!.messageId)).toMatchObject({
      state: 'accepted',
      open_key: null,
      accepted_at: world.clock(),
    });
    expect(JSON.stringify(world.logged)).not.toContain(password);
  });

  it('sends one email when twenty jobs for it run at once', async () => {
    const [person] = await world.owe();
    const mailer = world.mailer();
    const other = world.mailer();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 ? mailer : other).sender.send(person!.messageId)),
    );
    expect(outcomes.filter((outcome) => 'did' in outcome)).toHaveLength(1);
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(1);
  });

  it('never names a dead pet, whatever its status, nor one that the pet parent marked as passed', async () => {
    const pets = [
      { name: 'Gone', status: 'deceased' },
      { name: 'Dated', died_on: '2026-05-01' },
      { name: 'Told', status: 'active' },
      { name: 'Rex', status: 'active' },
    ];
    const [person] = await world.owe({ pets });
    await world.db
      .insertInto('account_pets')
      .values({
        id: world.newId(),
        account_id: person!.accountId,
        practice_id: 'elm',
        pims_id: `p${person!.n}-2`,
        name: 'Told',
        species: 'dog',
        breed: null,
        born_on: null,
        state: 'passed',
        confirmed_at: world.clock(),
      })
      .execute();
    await send(person!.messageId);
    const { text } = await readMail(world.ses.mails.to(person!.email)[0]!);
    expect(text).toContain('its records of Rex.');
  });

  it.each([
    [
      'the last pet died',
      'no-living-pet',
      (w: World, p: { pimsId: string }) =>
        w.db.updateTable('pims_pets').set({ died_on: '2026-05-03' }).where('client_pims_id', '=', p.pimsId).execute(),
    ],
    [
      'the client opted out',
      'opted-out',
      (w: World, p: { pimsId: string }) =>
        w.db
          .updateTable('pims_clients')
          .set({ verdict: 'skip', reason: 'opted-out' })
          .where('pims_id', '=', p.pimsId)
          .execute(),
    ],
    [
      'they logged in',
      'already-logged-in',
      (w: World, p: { accountId: string }) =>
        w.db.updateTable('accounts').set({ first_login_at: new Date() }).where('id', '=', p.accountId).execute(),
    ],
    [
      'the account was closed',
      'account-closed',
      (w: World, p: { accountId: string }) =>
        w.db.updateTable('accounts').set({ closed_at: new Date() }).where('id', '=', p.accountId).execute(),
    ],
    [
      'the address bounced',
      'bounced',
      (w: World, p: { email: string }) =>
        w.db
          .insertInto('suppressions')
          .values({ email_key: p.email, reason: 'bounced', detail: null, since: new Date() })
          .execute(),
    ],
    [
      'the client left the account',
      'no-longer-linked',
      (w: World, p: { accountId: string }) =>
        w.db.deleteFrom('account_links').where('account_id', '=', p.accountId).execute(),
    ],
  ] as const)('cancels the email when %s since it was queued', async (_what, reason, happens) => {
    const [person] = await world.owe();
    await happens(world, person!);
    expect(await send(person!.messageId)).toEqual({ skipped: `canceled: ${reason}` });
    expect(await world.welcome(person!.messageId)).toMatchObject({ state: 'canceled', reason, open_key: null });
    expect(world.ses.state().accepted.mails).toBe(0);
  });

  it('waits while a client needs evaluation, and while the practice is paused', async () => {
    const [person] = await world.owe();
    await world.db
      .updateTable('pims_clients')
      .set({ needs_evaluation: 1 })
      .where('pims_id', '=', person!.pimsId)
      .execute();
    expect(await send(person!.messageId)).toEqual({ skipped: 'waits: being-decided-again' });
    await world.db.updateTable('pims_clients').set({ needs_evaluation: 0 }).execute();
    await world.db.updateTable('practices').set({ email_paused_at: world.clock() }).execute();
    expect(await send(person!.messageId)).toEqual({ skipped: 'waits: practice-paused' });
    expect(await world.welcome(person!.messageId)).toMatchObject({
      state: 'queued',
      reason: 'practice-paused',
    });
    await world.db.updateTable('practices').set({ email_paused_at: null }).execute();
    expect(await send(person!.messageId)).toEqual({ did: 'accepted' });
  });

  it('renews a temporary password that has expired', async () => {
    const [person] = await world.owe();
    await world.db
      .updateTable('temporary_credentials')
      .set({ expires_at: new Date('2026-05-01') })
      .where('account_id', '=', person!.accountId)
      .execute();
    await send(person!.messageId);
    const shown = await world.credentials.show(person!.accountId);
    const { text } = await readMail(world.ses.mails.to(person!.email)[0]!);
    expect(shown.visible && text?.includes(shown.password.open())).toBe(true);
  });

  it('sends no password with "practice added", and a single-use link with a reset', async () => {
    const [added] = await world.owe({ kind: 'practice-added' });
    const [reset] = await world.owe({ kind: 'password-reset' });
    await send(added!.messageId);
    await send(reset!.messageId);
    const shown = await world.credentials.show(added!.accountId);
    const mail = await readMail(world.ses.mails.to(added!.email)[0]!);
    expect(mail.text).not.toContain(shown.visible ? shown.password.open() : '?');
    const { text } = await readMail(world.ses.mails.to(reset!.email)[0]!);
    const token = /reset#([\w-]{43})/.exec(text ?? '')?.[1];
    const { findResetToken, useResetToken } = await import('../../src/store/access/reset-tokens.js');
    const { Secret } = await import('../../src/lib/secret.js');
    expect(await findResetToken(world.db, 'pet-parent', new Secret(token!), world.clock())).toBe(reset!.accountId);
    const use = () =>
      world.db.transaction().execute((trx) => useResetToken(trx, 'pet-parent', new Secret(token!), world.clock()));
    expect([await use(), await use()]).toEqual([reset!.accountId, null]);
    const rows = await world.db.selectFrom('reset_tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('queues the email again when SES throttles, slows down, and sends it', async () => {
    const [person] = await world.owe();
    world.ses.set({ faults: { throttle: { next: 1 } } });
    expect(await send(person!.messageId)).toEqual({ did: 'given-back: throttled' });
    const row = await world.welcome(person!.messageId);
    expect(row).toMatchObject({ state: 'queued', reason: 'throttled', attempts: 1 });
    expect(row.due_at.getTime()).toBeGreaterThan(world.clock().getTime());
    const queueName = await world.db.selectFrom('email_sending').selectAll().executeTakeFirstOrThrow();
    expect(queueName.share).toBeCloseTo(0.95);
    expect(await send(person!.messageId)).toEqual({ did: 'accepted' });
    expect(world.ses.counts.acceptedTo(person!.email)).toBe(1);
  });

  it.each(['loseAnswers', 'dropRequests', 'fail500'] as const)(
    'becomes uncertain, and is never sent again automatically, after %s',
    async (fault) => {
      const [person] = await world.owe();
      world.ses.set({ faults: { [fault]: { next: 1 } } });
      expect(await send(person!.messageId)).toEqual({ did: 'uncertain: answer-lost' });
      expect(await send(person!.messageId)).toEqual({ skipped: 'not queued' });
      await drain(world.mailer());
      expect(await world.welcome(person!.messageId)).toMatchObject({
        state: 'uncertain',
        reason: 'answer-lost',
      });
      expect(world.ses.counts.acceptedTo(person!.email)).toBe(fault === 'loseAnswers' ? 1 : 0);
    },
  );

  it('fails an email that SES refuses, and opens a task for the front desk', async () => {
    const [person] = await world.owe({ address: () => 'kim@bad..example' });
    expect(await send(person!.messageId)).toEqual({ did: 'rejected: refused-by-ses' });
    expect(await world.welcome(person!.messageId)).toMatchObject({ state: 'rejected', open_key: null });
    const item = await world.db
      .selectFrom('tasks')
      .selectAll()
      .where('account_id', '=', person!.accountId)
      .executeTakeFirstOrThrow();
    expect(item.sentence).toContain('kim@bad..example of Kim Weaver');
  });

  it('stops all sending if the account may not send, logs why, tries one email, and continues', async () => {
    const people = await world.owe({ count: 5 });
    world.ses.set({ sendingEnabled: false });
    expect(await send(people[0]!.messageId)).toEqual({ did: 'given-back: ses-account' });
    expect(await send(people[1]!.messageId)).toEqual({ skipped: 'waits: mail-stopped' });
    const mailer = world.mailer();
    expect((await mailer.dispatcher.dispatch()).mails).toEqual([]);
    const queueName = await world.db.selectFrom('email_sending').selectAll().executeTakeFirstOrThrow();
    expect(queueName).toMatchObject({
      stopped_code: 'ses-account',
      stopped_why: expect.stringContaining('AccountSendingPausedException'),
    });

    world.pass(61);
    const [probe, ...others] = (await mailer.dispatcher.dispatch()).mails;
    expect(others).toEqual([]);
    expect(await mailer.sender.send(probe!.messageId)).toEqual({ did: 'given-back: ses-account' });
    expect((await mailer.dispatcher.dispatch()).mails).toEqual([]);

    world.ses.set({ sendingEnabled: true });
    world.pass(130);
    await drain(mailer);
    world.pass(130);
    await drain(mailer);
    for (const { email } of people) expect(world.ses.counts.acceptedTo(email)).toBe(1);
  });

  it('waits when the daily quota is used up, and fails no email', async () => {
    const people = await world.owe({ count: 4 });
    const { sentLast24Hours } = world.ses.state();
    world.ses.set({ max24HourSend: sentLast24Hours + 2 });
    const mailer = world.mailer();
    await drain(mailer);
    const queueName = await world.db.selectFrom('email_sending').selectAll().executeTakeFirstOrThrow();
    expect(queueName).toMatchObject({
      stopped_code: 'daily-quota',
      stopped_why: expect.stringContaining('daily quota'),
    });
    expect((await world.states())['failed']).toBeUndefined();
    world.ses.set({ max24HourSend: -1 });
    world.pass(301);
    await drain(world.mailer());
    for (const { email } of people) expect(world.ses.counts.acceptedTo(email)).toBe(1);
  });

  it('keeps names from breaking out of an email header', async () => {
    const [person] = await world.owe();
    await world.db
      .updateTable('accounts')
      .set({ first_name: 'Kim\r\nBcc: thief@example.com', last_name: '李雷 🐕 "x" <y>' })
      .where('id', '=', person!.accountId)
      .execute();
    await send(person!.messageId);
    const mail = world.ses.mails.to(person!.email)[0]!;
    expect(mail.destinations).toEqual([person!.email]);
    expect(mail.headers.some(({ name }) => name.toLowerCase() === 'bcc')).toBe(false);
    expect(mail.raw.toString('latin1')).not.toMatch(/^Bcc:/m);
  });
});
