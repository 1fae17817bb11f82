import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readSendingState, startSending } from '../../../src/store/messages/sending-state.js';
import type { Answer } from '../../../src/mailer/ses/ses-answer.js';
import { drain, startWorld, type World } from '../support.js';

type Refused = Exclude<Answer, { kind: 'accepted' }>;

const denied = (resource: string): Refused => ({
  kind: 'account',
  code: 'AccessDenied',
  message: `User \`arn:aws:iam::111122223333:user/mail' is not authorized to perform \`ses:SendRawEmail' on resource \`arn:aws:ses:us-east-1:111122223333:${resource}'`,
});
const notVerified = (identities: string): Refused => ({
  kind: 'account',
  code: 'MessageRejected',
  message: `Email address is not verified. The following identities failed the check in region US-EAST-1: ${identities}`,
});
const mailFrom: Refused = {
  kind: 'account',
  code: 'MailFromDomainNotVerifiedException',
  message: 'Could not read the MX record of the MAIL FROM domain.',
};

describe('pacing: the effect of an SES answer on all emails', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
    await world.addPractice('oak', { from: 'hello@oak.example' });
    await world.addPractice('fir', { from: 'hello@post.fir.example' });
    await world.addPractice('ash', { from: 'ash@petapp.example' });
  });
  beforeEach(async () => {
    world.ses.clear();
    world.ses.set({ faults: { dropRequests: {} }, verifiedIdentities: ['petapp.example', 'oak.example'] });
    world.logged.length = 0;
    await startSending(world.db);
    await world.db.deleteFrom('send_attempts').execute();
    await world.db.deleteFrom('messages').execute();
    await world.db.updateTable('practices').set({ email_paused_at: null, email_paused_by: null }).execute();
  });
  afterAll(() => world.stop());

  const stop = async () => (await readSendingState(world.db)).stop;
  const paused = async () => {
    const rows = await world.db.selectFrom('practices').selectAll().where('email_paused_at', 'is not', null).execute();
    return rows.map(({ id, email_paused_by, email_pause_reason }) => ({
      id,
      by: email_paused_by,
      why: email_pause_reason,
    }));
  };
  const answering = (answer: Answer) =>
    world.mailer({ transport: world.transportWith({ send: () => Promise.resolve(answer) }) });

  it('stops after five lost answers in a row, tries one email, and continues once SES accepts it', async () => {
    await world.owe({ count: 8 });
    world.ses.set({ faults: { dropRequests: { next: 5 } } });
    const mailer = world.mailer();
    await drain(mailer, 8, 1);
    expect(await world.states()).toEqual({ uncertain: 5, queued: 3 });
    expect(await stop()).toMatchObject({ code: 'answers-lost', retries: 0 });
    expect((await stop())?.why).toMatch(/^5 answers of Amazon SES in a row were lost \(\w+\)\./);
    expect((await mailer.dispatcher.dispatch()).mails).toEqual([]);

    world.pass(16);
    world.ses.set({ faults: { dropRequests: { next: 1 } } });
    const [probe, ...others] = (await mailer.dispatcher.dispatch()).mails;
    expect(others).toEqual([]);
    await mailer.sender.send(probe!.messageId);
    expect(await stop()).toMatchObject({ code: 'answers-lost', retries: 1 });

    world.pass(31);
    await drain(mailer);
    expect(await stop()).toBeNull();
    world.pass(60);
    await drain(mailer);
    expect(await world.states()).toEqual({ uncertain: 6, accepted: 2 });
  });

  it('does not stop for lost answers that are not in a row', async () => {
    const people = await world.owe({ count: 9 });
    const mailer = world.mailer();
    for (const [at, { messageId }] of people.entries()) {
      if (at !== 4) world.ses.set({ faults: { dropRequests: { next: 1 } } });
      await mailer.sender.send(messageId);
    }
    expect(await world.states()).toEqual({ uncertain: 8, accepted: 1 });
    expect(await stop()).toBeNull();
  });

  it('stops after ten refusals in a row, because then the addresses are not the cause', async () => {
    await world.owe({ count: 12, address: (n) => `kim@bad..example${n}` });
    const mailer = world.mailer();
    await drain(mailer, 12, 1);
    expect(await world.states()).toEqual({ rejected: 10, queued: 2 });
    expect(await stop()).toMatchObject({ code: 'all-refused' });
    expect((await stop())?.why).toMatch(
      /^Amazon SES refused 10 emails in a row, the last one with InvalidParameterValue: /,
    );

    // One email is tried; it is refused too, which adds one to the refusals in a row.
    world.pass(301);
    const [probe, ...others] = (await mailer.dispatcher.dispatch()).mails;
    expect(others).toEqual([]);
    expect(await mailer.sender.send(probe!.messageId)).toEqual({ did: 'rejected: refused-by-ses' });
    expect(await stop()).toMatchObject({ code: 'all-refused', retries: 1 });

    const [good] = await world.owe();
    await world.db
      .updateTable('messages')
      .set({ due_at: new Date(0) })
      .where('id', '=', good!.messageId)
      .execute();
    world.pass(601);
    await drain(mailer);
    expect(await stop()).toBeNull();
  });

  it('pauses only a practice whose own sender is refused', async () => {
    world.ses.set({ verifiedIdentities: ['petapp.example'] });
    const [ofOak] = await world.owe({ practice: 'oak' });
    const [ofElm] = await world.owe({ practice: 'elm' });
    const { sender } = world.mailer();
    expect(await sender.send(ofOak!.messageId)).toEqual({ did: 'given-back: ses-account' });
    expect(await paused()).toEqual([
      {
        id: 'oak',
        by: 'ses',
        why: expect.stringContaining('hello@oak.example, this practice’s own address (MessageRejected)'),
      },
    ]);
    expect(await stop()).toBeNull();
    expect(await sender.send(ofElm!.messageId)).toEqual({ did: 'accepted' });
    world.pass(120);
    expect(await sender.send(ofOak!.messageId)).toEqual({ skipped: 'waits: practice-paused' });
  });

  it.each<[string, string, Refused]>([
    ['its address may not send', 'oak', denied('identity/hello@oak.example')],
    ['its domain may not send', 'oak', denied('identity/oak.example')],
    ['the parent domain may not send', 'fir', denied('identity/fir.example')],
    ['its domain lost its MX record', 'oak', mailFrom],
    [
      'SES has not verified it, nor, in the sandbox, the recipient',
      'oak',
      notVerified('kim@example.com, hello@oak.example'),
    ],
    ['an address of the common domain is not verified', 'ash', notVerified('ash@petapp.example')],
  ])('pauses only the practice with its own sender when %s', async (_why, practice, answer) => {
    const [one] = await world.owe({ practice });
    await answering(answer).sender.send(one!.messageId);
    expect((await paused()).map(({ id }) => id)).toEqual([practice]);
    expect(await stop()).toBeNull();
    // Ids of the AWS account are for operators, not for the practice.
    expect(JSON.stringify(await paused())).not.toContain('111122223333');
    expect(world.logged).toContainEqual(expect.objectContaining({ practice, ses: answer.code }));
  });

  it.each<[string, string, Refused]>([
    [
      'the account is suspended',
      'oak',
      { kind: 'account', code: 'MessageRejected', message: 'Sending suspended for this account.' },
    ],
    ['the account is paused', 'oak', { kind: 'account', code: 'MessageRejected', message: 'Account is paused.' }],
    ['the keys lack the right to send', 'oak', { kind: 'account', code: 'AccessDenied', message: 'Access denied' }],
    ['the configuration set does not exist', 'oak', denied('configuration-set/pims')],
    ['the account is still in the sandbox', 'oak', notVerified('kim@example.com')],
    ['the common domain may not send', 'ash', denied('identity/petapp.example')],
    ['the common domain lost its MX record', 'ash', mailFrom],
    ['the common sender is not verified', 'elm', notVerified('welcome@petapp.example')],
  ])('circuit breaker: stops all emails when %s, for any practice’s email', async (_why, practice, answer) => {
    const [one] = await world.owe({ practice });
    await answering(answer).sender.send(one!.messageId);
    expect(await paused()).toEqual([]);
    expect(await stop()).toMatchObject({ code: 'ses-account' });
  });

  it('keeps a stop that only a person can end, whatever the quota says', async () => {
    const people = await world.owe({ count: 3 });
    const [first, second] = people;
    const { sentLast24Hours } = world.ses.state();
    const mailer = world.mailer();
    world.ses.set({ sendingEnabled: false });
    await mailer.sender.send(first!.messageId);
    const stopped = await stop();
    expect(stopped).toMatchObject({ code: 'ses-account', retries: 0 });

    // The quota is read while sending is stopped: first none is left, then some is free again.
    world.ses.set({ max24HourSend: sentLast24Hours });
    world.pass(16);
    await world.mailer().dispatcher.dispatch();
    expect(await stop()).toEqual(stopped);
    world.ses.set({ max24HourSend: -1 });
    world.pass(16);
    await world.mailer().dispatcher.dispatch();
    expect(await stop()).toEqual(stopped);

    // One email is tried, and only its answer changes the stop; answers to earlier emails do not.
    world.pass(30);
    const [probe] = (await mailer.dispatcher.dispatch()).mails;
    await mailer.sender.send(probe!.messageId);
    const moved = await stop();
    expect(moved).toMatchObject({ code: 'ses-account', retries: 1 });
    const circuitBreaker = world.circuitBreaker();
    await circuitBreaker.heard(
      { kind: 'unreachable', code: 'ECONNREFUSED', message: '' },
      { practiceId: 'elm', probing: false },
    );
    await circuitBreaker.heard(
      { kind: 'account', code: 'AccessDenied', message: '' },
      { practiceId: 'elm', probing: false },
    );
    expect(await stop()).toEqual(moved);
    world.ses.set({ sendingEnabled: true });
    world.pass(121);
    await drain(mailer);
    expect(await stop()).toBeNull();
    expect(second).toBeDefined();
  });

  it('is replaced by a more serious stop', async () => {
    const circuitBreaker = world.circuitBreaker();
    const elm = { practiceId: 'elm', probing: false };
    await circuitBreaker.heard({ kind: 'daily-quota', code: 'Throttling', message: 'Daily' }, elm);
    expect(await stop()).toMatchObject({ code: 'daily-quota' });
    await circuitBreaker.heard({ kind: 'unreachable', code: 'ECONNREFUSED', message: '' }, elm);
    expect(await stop()).toMatchObject({ code: 'ses-unreachable' });
    await circuitBreaker.heard({ kind: 'account', code: 'AccessDenied', message: '' }, elm);
    expect(await stop()).toMatchObject({ code: 'ses-account', retries: 0 });
    // The account is fine again, but then the quota is used up: the answer to the tried email decides.
    await circuitBreaker.heard(
      { kind: 'daily-quota', code: 'Throttling', message: 'Daily' },
      { ...elm, probing: true },
    );
    expect(await stop()).toMatchObject({ code: 'daily-quota' });
  });
});
