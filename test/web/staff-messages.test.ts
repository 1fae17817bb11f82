import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMail } from '../../demo/ses/mails.js';
import { startLocalSes, type LocalSes } from '../../demo/ses/local-ses.js';
import { createRenderer } from '../../src/mailer/render.js';
import { createSesTransport, type MailTransport } from '../../src/mailer/ses/ses-transport.js';
import { mailSchema } from '../../src/mailer/settings.js';
import { createStaffMailer } from '../../src/mailer/staff-sender.js';
import type { IncomingEvent } from '../../src/store/messages/ses-events.js';
import { noteStaffMailEvent } from '../../src/store/messages/staff-messages.js';
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

/** Acts as the worker: sends the emails requested since. @returns the result of each */
async function work(own: Partial<MailTransport> = {}): Promise<string[]> {
  const mailer = createStaffMailer({
    db: web.deps.db,
    clock: web.deps.clock,
    transport: { ...transport, ...own },
    renderer: createRenderer(),
    settings: () => null,
    general: mailSchema.parse({
      from: 'hello@pims.test',
      loginUrl: 'http://pims.test/app/login',
      resetUrl: 'http://pims.test/app/reset#{token}',
    }),
    publicUrl: 'http://pims.test',
    log: web.deps.log,
  });
  const ends: string[] = [];
  for (const { name, payload } of web.asked.splice(0)) {
    if (name !== 'send-staff-message') continue;
    const result = await mailer.send((payload as { staffMessageId: string }).staffMessageId);
    ends.push('did' in result ? result.did : result.skipped);
  }
  return ends;
}

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
    expect(web.asked).toContainEqual({ name: 'send-staff-message', payload: { staffMessageId: expect.any(String) } });
    expect(await work()).toEqual(['accepted']);
    const { subject, text, html, token } = await lastMailTo('fran@north.example');
    expect(subject).toBe('olive of north invites you to the Pet App console of pims-sync');
    expect(text).toContain('Hello Fran Front,');
    expect(text).not.toMatch(/password:/i);
    expect(html).toContain(`http://pims.test/staff/invitation#${token}`);
    const kept = JSON.stringify([
      await web.deps.db.selectFrom('staff_messages').selectAll().execute(),
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
    expect(await work({ send: lost })).toEqual(['uncertain', 'not owed']);
    expect((await owner.get('/staff/people')).body).toContain('It is unknown whether the invitation went out');
    expect(ses.mails.to('una@north.example')).toEqual([]);
    // SES reports later that it accepted the email, and then that it bounced.
    const mail = await web.deps.db
      .selectFrom('staff_messages')
      .selectAll()
      .where('staff_id', '=', id)
      .executeTakeFirstOrThrow();
    const event = {
      sesMessageId: 'm-1',
      attemptId: mail.id,
      recipients: ['una@north.example'],
      detail: null,
      suppress: null,
      evidence: 'sent' as const,
    };
    expect(await noteStaffMailEvent(web.deps.db, event, web.clock.now)).toBe(true);
    expect((await owner.get('/staff/people')).body).toMatch(/una@north\.example[\s\S]{0,300}Invitation sent/);
    const bounce = {
      ...event,
      attemptId: null,
      detail: 'no such mailbox',
      suppress: 'bounced' as const,
      evidence: 'bounced' as const,
    };
    expect(await noteStaffMailEvent(web.deps.db, bounce, web.clock.now)).toBe(true);
    expect((await owner.get('/staff/people')).body).toContain('Invitation bounced');
    expect(await noteStaffMailEvent(web.deps.db, { ...event, sesMessageId: 'x', attemptId: null }, web.clock.now)).toBe(
      false,
    );
    // No more email is sent to an address that bounced.
    await owner.post(`/staff/people/${id}/mail`, { practice: 'north' }, '/staff/people');
    expect(await work()).toEqual(['canceled']);
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
      const rowOf = () =>
        web.deps.db
          .selectFrom('staff_messages as m')
          .innerJoin('staff as s', 's.id', 'm.staff_id')
          .selectAll('m')
          .where('s.email', '=', address)
          .executeTakeFirstOrThrow();
      const { id, ses_message_id } = await rowOf();
      const event = { sesMessageId: ses_message_id!, attemptId: id, recipients: [address] };
      const redirectWithMessage = (more: Pick<IncomingEvent, 'evidence' | 'detail' | 'suppress'>) =>
        noteStaffMailEvent(web.deps.db, { ...event, ...more }, web.clock.now);
      const late = { detail: null, suppress: null };
      await redirectWithMessage({ evidence: 'delivered', ...late });
      await redirectWithMessage({ evidence: 'bounced-for-now', detail: 'I am away', suppress: null });
      expect((await rowOf()).state).toBe('accepted');
      for (let times = 0; times < 2; times++) await redirectWithMessage({ evidence, detail, suppress });
      await redirectWithMessage({ evidence: 'sent', ...late });
      await redirectWithMessage({ evidence: null, ...late });
      expect((await rowOf()).state).toBe(evidence);
      expect((await owner.get('/staff/people')).body).toContain(words);
    },
  );

  it('suppresses only the address that it was sent to, not one that an event about it names', async () => {
    await invite('Ina Own', 'ina@north.example', 'mail');
    await work();
    const { db, clock } = web.deps;
    const { id } = await db
      .selectFrom('staff_messages as m')
      .innerJoin('staff as s', 's.id', 'm.staff_id')
      .select('m.id')
      .where('s.email', '=', 'ina@north.example')
      .executeTakeFirstOrThrow();
    const event = {
      sesMessageId: 'm-2',
      attemptId: id,
      recipients: ['olive@north.example'],
      detail: 'abuse',
      suppress: 'complained',
      evidence: 'complained',
    } as const;
    expect(await noteStaffMailEvent(db, event, clock())).toBe(true);
    const rows = await db
      .selectFrom('suppressions')
      .selectAll()
      .where('email_key', 'in', ['ina@north.example', 'olive@north.example'])
      .execute();
    expect(rows).toMatchObject([
      { email_key: 'ina@north.example', reason: 'complained', detail: 'abuse, via olive@north.example' },
    ]);
    expect(await noteStaffMailEvent(db, { ...event, sesMessageId: 'm-3', attemptId: 'none-of-ours' }, clock())).toBe(
      false,
    );
  });

  it('waits while SES accepts nothing, and is sent once it does', async () => {
    await invite('Wim Wait', 'wim@north.example', 'mail');
    const asked = [...web.asked];
    const away = async () => ({ kind: 'unreachable', code: 'ECONNREFUSED', message: 'refused' }) as const;
    expect(await work({ send: away })).toEqual(['queued']);
    expect((await owner.get('/staff/people')).body).toContain('It goes out automatically');
    web.asked.push(...asked);
    expect(await work()).toEqual(['not owed']);
    web.clock.forward(31);
    web.asked.push(...asked);
    expect(await work()).toEqual(['accepted']);
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
