import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMail } from '../../demo/ses/mails.js';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { createMailer } from '../../src/mailer/mailer.js';
import { createSesTransport, type MailTransport } from '../../src/mailer/ses/ses-transport.js';
import { mailSchema } from '../../src/mailer/settings.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { inTransaction } from '../../src/store/db/database.js';
import { pausePractice } from '../../src/store/messages/email-flow.js';
import { listMessages, messageCounts } from '../../src/store/messages/email-marketing.js';
import { countMessages } from '../../src/store/messages/message-queue.js';
import { createSesEvents, type IncomingEvent, type Taken } from '../../src/store/messages/ses-events.js';
import { seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let ses: LocalSes;
let transport: MailTransport;
let owner: Visitor;

beforeAll(async () => {
  web = await testWeb();
  ses = await startLocalSes({ maxSendRate: 1000 });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  transport = createSesTransport({
    configurationSet: null,
    client: { endpoint: ses.url, region: 'us-east-1', credentials },
  });
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedPractice(web.deps.db, 'south', 'South Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  await seedStaff(web, 'sam@south.example', 'owner', ['south']);
  await seedStaff(web, 'root@machines.example', 'operator', []);
});
beforeEach(async () => {
  owner = visitor(web.app);
  await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
});
afterAll(async () => {
  transport?.close();
  await ses?.stop();
  await web?.close();
});

const sesAnswers = (at: Date | null) =>
  web.deps.db.updateTable('email_sending').set({ quota_read_at: at }).where('name', '=', 'ses').execute();

/** Acts as the worker: dispatches and sends what is due. @returns the result of each email */
async function work(own: Partial<MailTransport> = {}): Promise<string[]> {
  web.asked.length = 0;
  const { dispatcher, sender } = createMailer({
    ...web.deps,
    transport: { ...transport, ...own },
    settings: () => null,
    setMailRate: async () => {},
    general: mailSchema.parse({
      from: 'hello@pims.test',
      loginUrl: 'http://pims.test/app/login',
      resetUrl: 'http://pims.test/app/reset#{token}',
    }),
    publicUrl: 'http://pims.test',
  });
  const ends: string[] = [];
  for (const { messageId } of (await dispatcher.dispatch()).mails) {
    const result = await sender.send(messageId);
    ends.push('did' in result ? result.did : result.skipped);
  }
  return ends;
}

/** Acts as the SES events endpoint. */
async function sesReports(event: Omit<IncomingEvent, 'id' | 'type' | 'happenedAt' | 'messageId'>): Promise<Taken[]> {
  const events = createSesEvents({ ...web.deps, emailField: async () => 'email' });
  return events.takeMany([
    { ...event, id: web.deps.newId(), type: 'Event', happenedAt: web.clock.now, messageId: null },
  ]);
}

/** The newest email to a staff member, with its last attempt. */
const emailTo = (address: string) =>
  web.deps.db
    .selectFrom('messages as m')
    .innerJoin('staff as s', 's.id', 'm.staff_id')
    .leftJoin('send_attempts as t', 't.message_id', 'm.id')
    .selectAll('m')
    .select(['t.id as attemptId', 't.ses_message_id as sesMessageId'])
    .where('s.email', '=', address)
    .orderBy('m.id', 'desc')
    .executeTakeFirstOrThrow();

async function lastMailTo(email: string) {
  const [mail] = ses.mails.to(email);
  const { subject, text, html } = await readMail(mail!);
  const link = /http:\/\/pims\.test\/staff\/invitation#([\w-]+)/.exec(text!)!;
  return { subject, text: text!, html: html!, token: link[1]!, count: ses.mails.to(email).length };
}

const invite = (name: string, email: string, by: string) =>
  owner.post('/staff/people', { practice: 'north', name, email, role: 'front-desk', by }, '/staff/people');

describe('console: an invitation', () => {
  it('is a link to hand over while sending was never set up', async () => {
    await sesAnswers(null);
    expect((await owner.get('/staff/people')).body).toContain('Email is not set up yet');
    const page = await invite('Lea Link', 'lea@north.example', 'link');
    expect(page.body).toMatch(/http:\/\/pims\.test\/staff\/invitation#[\w-]{43}/);
    expect(ses.mails.size()).toBe(0);
  });

  it('is sent by email: a single-use link, no password, and the token in no row, job or log', async () => {
    await sesAnswers(web.clock.now);
    const answer = await invite('Fran Front', 'fran@north.example', 'mail');
    expect(answer.headers.location).toBe('/staff/people?told=staff-mailed');
    expect(web.asked).toContainEqual({ name: 'dispatch-messages', payload: {} });
    expect(await work()).toEqual(['accepted']);
    const { subject, text, html, token } = await lastMailTo('fran@north.example');
    expect(subject).toBe('olive of north invites you to the Pet App console of pims-sync');
    expect(text).toContain('Hello Fran Front,');
    expect(text).not.toMatch(/password:/i);
    expect(html).toContain(`http://pims.test/staff/invitation#${token}`);
    const kept = JSON.stringify([
      await web.deps.db.selectFrom('messages').selectAll().execute(),
      await web.deps.db.selectFrom('audit').selectAll().execute(),
      await web.deps.db.selectFrom('reset_tokens').selectAll().execute(),
      web.logged,
    ]);
    expect(kept).not.toContain(token);
    expect((await owner.get('/staff/people')).body).toContain('Invitation sent');

    const fran = visitor(web.app, '192.0.2.8');
    const password = 'copper violin meadow 31';
    expect((await fran.post('/staff/invitation', { token, password })).headers.location).toBe('/staff/sign-in');
    expect((await fran.post('/staff/invitation', { token, password })).statusCode).toBe(410);
    const inside = await fran.post('/staff/sign-in', { email: 'fran@north.example', password });
    expect(inside.headers.location).toBe('/staff');
  });

  it('expires after three days', async () => {
    await invite('Lou Late', 'lou@north.example', 'mail');
    await work();
    const { token } = await lastMailTo('lou@north.example');
    web.clock.forward(72 * 3600 + 1);
    const late = await visitor(web.app, '192.0.2.9').post('/staff/invitation', {
      token,
      password: 'copper violin meadow 31',
    });
    expect(late.statusCode).toBe(410);
    expect(late.body).toContain('/staff/forgot');
    web.clock.now = new Date();
  });

  it('is one email, however often it is requested; and an uncertain one is not sent again on a guess', async () => {
    await invite('Una Sure', 'una@north.example', 'mail');
    const { id } = await web.deps.db
      .selectFrom('staff')
      .select('id')
      .where('email', '=', 'una@north.example')
      .executeTakeFirstOrThrow();
    await owner.post(`/staff/people/${id}/mail`, { practice: 'north' }, '/staff/people');
    const lost = async () => ({ kind: 'unknown', code: 'TimeoutError', message: 'timed out' }) as const;
    expect(await work({ send: lost })).toEqual(['uncertain: answer-lost']);
    expect(await work()).toEqual([]);
    expect((await owner.get('/staff/people')).body).toContain('It is unknown whether the invitation went out');
    expect(ses.mails.to('una@north.example')).toEqual([]);
    // SES reports later that it accepted the email, and then that it bounced.
    const { attemptId } = await emailTo('una@north.example');
    const event = {
      sesMessageId: 'm-1',
      attemptId,
      recipients: ['una@north.example'],
      detail: null,
      suppress: null,
      evidence: 'sent' as const,
    };
    expect(await sesReports(event)).toEqual(['taken']);
    expect((await owner.get('/staff/people')).body).toMatch(/una@north\.example[\s\S]{0,300}Invitation sent/);
    const bounce = {
      ...event,
      attemptId: null,
      detail: 'no such mailbox',
      suppress: 'bounced' as const,
      evidence: 'bounced' as const,
    };
    expect(await sesReports(bounce)).toEqual(['taken']);
    expect((await owner.get('/staff/people')).body).toContain('Invitation bounced');
    expect(await sesReports({ ...event, sesMessageId: 'x', attemptId: null })).toEqual(['not-ours']);
    // No more email is sent to an address that bounced.
    await owner.post(`/staff/people/${id}/mail`, { practice: 'north' }, '/staff/people');
    expect(await work()).toEqual(['canceled: bounced']);
  });

  it.each([
    [
      'rejected',
      'Bad content',
      null,
      'Invitation was not sent. Amazon SES accepted it and then rejected it (Bad content). Hand over a link instead.',
    ],
    ['complained', 'abuse', 'complained', 'Invitation was marked as spam'],
    ['bounced', 'no such mailbox', 'bounced', 'Invitation bounced'],
  ] as const)(
    'shows what SES reported: %s, in any order, and repeatedly',
    async (evidence, detail, suppress, words) => {
      const address = `ed.${evidence}@north.example`;
      await invite(`Ed ${evidence}`, address, 'mail');
      await work();
      const { sesMessageId, attemptId } = await emailTo(address);
      const event = { sesMessageId: sesMessageId!, attemptId, recipients: [address] };
      const report = (more: Pick<IncomingEvent, 'evidence' | 'detail' | 'suppress'>) =>
        sesReports({ ...event, ...more });
      const late = { detail: null, suppress: null };
      await report({ evidence: 'delivered', ...late });
      await report({ evidence: 'bounced-for-now', detail: 'I am away', suppress: null });
      expect((await emailTo(address)).state).toBe('delivered');
      expect((await owner.get('/staff/people')).body).toMatch(new RegExp(`${address}[\\s\\S]{0,300}Invitation sent`));
      for (let times = 0; times < 2; times++) await report({ evidence, detail, suppress });
      await report({ evidence: 'sent', ...late });
      await report({ evidence: null, ...late });
      expect((await emailTo(address)).state).toBe(evidence);
      expect((await owner.get('/staff/people')).body).toContain(words);
    },
  );

  it('suppresses only the address that it was sent to, not one that an event about it names', async () => {
    await invite('Ina Own', 'ina@north.example', 'mail');
    await work();
    const { attemptId } = await emailTo('ina@north.example');
    const event = {
      sesMessageId: 'm-2',
      attemptId,
      recipients: ['olive@north.example'],
      detail: 'abuse',
      suppress: 'complained',
      evidence: 'complained',
    } as const;
    expect(await sesReports(event)).toEqual(['taken']);
    const rows = await web.deps.db
      .selectFrom('suppressions')
      .selectAll()
      .where('email_key', 'in', ['ina@north.example', 'olive@north.example'])
      .execute();
    expect(rows).toMatchObject([
      { email_key: 'ina@north.example', reason: 'complained', detail: 'abuse, via olive@north.example' },
    ]);
    expect(await sesReports({ ...event, sesMessageId: 'm-3', attemptId: 'none-of-ours' })).toEqual(['not-ours']);
  });

  it('waits while SES accepts nothing, and is sent once it does', async () => {
    await invite('Wim Wait', 'wim@north.example', 'mail');
    const away = async () => ({ kind: 'unreachable', code: 'ECONNREFUSED', message: 'refused' }) as const;
    expect(await work({ send: away })).toEqual(['given-back: ses-unreachable']);
    expect((await owner.get('/staff/people')).body).toContain('It goes out automatically');
    expect(await work()).toEqual([]);
    web.clock.forward(31);
    expect(await work()).toEqual(['accepted']);
  });

  it('goes while the practice’s emails are paused, and is in no list or count of the practice', async () => {
    const { db, clock } = web.deps;
    await pausePractice(db, 'north', { why: 'The logo is wrong.', by: 'Olive' }, clock());
    await invite('Pia Pause', 'pia@north.example', 'mail');
    expect(await work()).toEqual(['accepted']);
    const allowed = allowPractices(['north']);
    expect(await messageCounts(db, allowed, 'north')).toEqual({});
    const { lines } = await listMessages(db, allowed, { practiceId: 'north', states: null }, null, 10);
    expect(lines).toEqual([]);
    const campaign = await inTransaction(db, (trx) => countMessages(trx, 'north', new Date(0)));
    expect(campaign).toMatchObject({ handedOver: 0, underWay: 0 });
  });

  it('is only for staff of one’s own practice', async () => {
    const { id } = await web.deps.db
      .selectFrom('staff')
      .select('id')
      .where('email', '=', 'sam@south.example')
      .executeTakeFirstOrThrow();
    expect((await owner.post(`/staff/people/${id}/mail`, { practice: 'north' }, '/staff/people')).statusCode).toBe(404);
    expect(await work()).toEqual([]);
  });
});

describe('console: a forgotten staff password', () => {
  const settled = async () => {
    // The work continues after the response.
    for (let tries = 0; tries < 200 && web.asked.length === 0; tries++)
      await new Promise((done) => setTimeout(done, 10));
  };

  it('gets the same answer whether the address is known or not, and emails only the known one', async () => {
    web.asked.length = 0;
    const stranger = visitor(web.app, '192.0.2.20');
    const known = await stranger.post('/staff/forgot', { email: 'root@machines.example' });
    await settled();
    const unknown = await stranger.post('/staff/forgot', { email: 'nobody@machines.example' });
    expect(unknown.statusCode).toBe(known.statusCode);
    expect(unknown.body.replaceAll('nobody@', 'root@')).toBe(known.body);
    expect(await work()).toEqual(['accepted']);
    expect(ses.mails.to('nobody@machines.example')).toEqual([]);
    const { subject, text, token } = await lastMailTo('root@machines.example');
    expect(subject).toBe('Set a new password for the Pet App console');
    expect(text).toContain('You asked to set a new password for root@machines.example');
    const password = 'copper violin meadow 31';
    await stranger.post('/staff/invitation', { token, password });
    const inside = await stranger.post('/staff/sign-in', { email: 'root@machines.example', password });
    expect(inside.headers.location).toBe('/staff');
  });

  it('password reset: emails one address a few times, then waits', async () => {
    web.asked.length = 0;
    const stranger = visitor(web.app, '192.0.2.21');
    for (let n = 0; n < 6; n++) await stranger.post('/staff/forgot', { email: 'olive@north.example' });
    // Waits for the work after the responses.
    await web.app.close();
    const asked = web.deps.db.selectFrom('audit').selectAll().where('action', '=', 'staff-password-requested');
    expect(await asked.where('actor_name', 'like', 'olive%').execute()).toHaveLength(3);
    expect(new Set((await work()).filter((end) => end === 'accepted')).size).toBe(1);
    expect((await lastMailTo('olive@north.example')).count).toBe(1);
  });
});
