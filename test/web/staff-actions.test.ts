import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  seedMail,
  seedPerson,
  seedPractice,
  seedRun,
  seedStaff,
  staffPassword,
  type SeededPerson,
} from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let owner: Visitor;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedPractice(web.deps.db, 'fresh', 'Fresh Practice', false);
  await seedStaff(web, 'olive@north.example', 'owner', ['north', 'fresh']);
});
// Each test signs in again, because some move the clock past the end of a session.
beforeEach(async () => {
  owner = visitor(web.app);
  await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
});
afterAll(() => web.close());

const path = (person: SeededPerson) => `/staff/pet-parents/${person.practiceId}/${person.pimsId}`;
const audit = async (action: string, accountId?: string | null) => {
  let query = web.deps.db.selectFrom('audit').selectAll().where('action', '=', action);
  if (accountId) query = query.where('account_id', '=', accountId);
  return query.execute();
};

describe('console: for one person', () => {
  it('staff actions: resends the email and confirms it on the page', async () => {
    const person = await seedPerson(web, 'north');
    const answer = await owner.post(`${path(person)}/resend`, {}, path(person));
    expect(answer.headers.location).toBe(`${path(person)}?told=resent`);
    expect(await web.queued(person.accountId!)).toEqual(['welcome']);
    expect(web.asked).toContainEqual({ name: 'dispatch-messages', payload: {} });
    expect((await owner.get(answer.headers.location as string)).body).toContain('The email is queued again');
    expect(await audit('message-resent', person.accountId)).toHaveLength(1);
  });

  it('staff actions: creates a new temporary password; the former one no longer works', async () => {
    const person = await seedPerson(web, 'north');
    await owner.post(`${path(person)}/new-password`, {}, path(person));
    const shown = await web.deps.credentials.show(person.accountId!);
    expect(shown.visible && shown.password.open()).not.toBe(person.password!.open());
    const former = await visitor(web.app, '192.0.2.90').post('/app/login', {
      email: person.email,
      password: person.password!.open(),
    });
    expect(former.statusCode).toBe(401);
  });

  it('staff actions: prints a login handout that counts as a view and stores nothing', async () => {
    const person = await seedPerson(web, 'north');
    const slip = await owner.post(`${path(person)}/slip`, {}, path(person));
    expect(slip.body).toContain(person.password!.open());
    expect(slip.body).toContain('<svg');
    expect(slip.headers['cache-control']).toBe('no-store');
    expect(await audit('handout-printed', person.accountId)).toHaveLength(1);
  });

  it('staff actions: syncs a client entered today by number if a search finds nobody', async () => {
    const list = '/staff/pet-parents?practice=north&q=C-90417';
    const page = (await owner.get(list)).body;
    expect(page).toContain('Entered today? Look for client number');
    expect(page).toMatch(/name="number" type="text" value="C-90417"/);
    // A name does not start with a digit.
    expect((await owner.get('/staff/pet-parents?practice=north&q=Zzyzx')).body).toMatch(
      /name="number" type="text" value autocomplete/,
    );
    const answer = await owner.post('/staff/pet-parents/look-up', { practice: 'north', number: ' C-90417 ' }, list);
    const run = answer.headers.location as string;
    const runId = run.split('/').at(-1) as string;
    expect(web.asked).toContainEqual({ name: 'sync-practice', payload: { runId } });
    const stored = await web.deps.db
      .selectFrom('sync_runs')
      .selectAll()
      .where('id', '=', runId)
      .executeTakeFirstOrThrow();
    expect(stored).toMatchObject({ kind: 'client', client_reference: 'C-90417', practice_id: 'north' });
    const noted = await web.deps.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'resync-requested')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(noted.details as string)).toEqual({ client: 'C-90417' });
    expect((await owner.get(run)).body).toContain('Resync of client C-90417');
    // The run shows which client it read.
    const person = await seedPerson(web, 'north', {});
    await web.deps.db
      .updateTable('sync_runs')
      .set({ state: 'done', next_cursor: person.pimsId })
      .where('id', '=', runId)
      .execute();
    expect((await owner.get(run)).body).toMatch(
      new RegExp(`href="/staff/pet-parents/north/${person.pimsId}">Go to this client`),
    );
    const nothing = await owner.post('/staff/pet-parents/look-up', { practice: 'north', number: '  ' }, list);
    expect(nothing.statusCode).toBe(400);
  });

  it('staff actions: resyncs one client and leads to the run', async () => {
    const person = await seedPerson(web, 'north');
    const answer = await owner.post(`${path(person)}/resync`, {}, path(person));
    const [, runId] = /\/staff\/syncs\/north\/(\w+)/.exec(answer.headers.location as string)!;
    expect(web.asked).toContainEqual({ name: 'sync-practice', payload: { runId } });
    const run = await web.deps.db
      .selectFrom('sync_runs')
      .selectAll()
      .where('id', '=', runId!)
      .executeTakeFirstOrThrow();
    expect(run).toMatchObject({ kind: 'client', client_reference: person.pimsId, practice_id: 'north' });
  });

  it('staff actions: removes the password from both places at the first login', async () => {
    const person = await seedPerson(web, 'north');
    const mail = `/staff/email-marketing/north/${person.messageId}`;
    expect((await owner.get(path(person))).body).toContain('Temporary Password');
    expect((await owner.get(mail)).body).toContain('Temporary Password');
    await visitor(web.app, '192.0.2.91').post('/app/login', {
      email: person.email,
      password: person.password!.open(),
    });
    expect((await owner.get(path(person))).body).not.toContain('Temporary Password');
    expect((await owner.get(mail)).body).not.toContain('Temporary Password');
    for (const enqueue of [`${path(person)}/password`, `${mail}/login`]) {
      const late = await owner.post(enqueue, {}, path(person));
      expect(late.body).not.toContain(person.password!.open());
      expect(late.body).toContain('has just logged in');
    }
    expect(await audit('temporary-password-viewed', person.accountId)).toEqual([]);
  });

  it('staff actions: shows the whole history in the timeline', async () => {
    const person = await seedPerson(web, 'north');
    await owner.post(`${path(person)}/password`, {}, path(person));
    const { body } = await owner.get(path(person));
    for (const step of [
      'Found in the practice software',
      'Invite plan',
      'Account created',
      'Temporary password created',
      'delivered',
      'Temporary password viewed',
      'olive of north',
    ]) {
      expect(body).toContain(step);
    }
  });
});

describe('console: for all of a practice', () => {
  it('staff actions: approves the plan: a job creates accounts, and emails are sent', async () => {
    const plan = '/staff/email-marketing/plan?practice=fresh';
    await seedPerson(web, 'fresh', { account: false });
    await seedRun(web, 'fresh', 'done');
    expect((await owner.get(plan)).body).toContain('Approve and invite');
    const answer = await owner.post('/staff/email-marketing/approve', { practice: 'fresh' }, plan);
    expect(answer.headers.location).toContain('told=approved');
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'fresh' } });
    expect((await owner.get(plan)).body).toContain('Approved by olive of north');
  });

  it('staff actions: pauses, resumes and recalls', async () => {
    const person = await seedPerson(web, 'north', { mail: 'queued' });
    const list = '/staff/email-marketing?practice=north';
    await owner.post('/staff/email-marketing/pause', { practice: 'north' }, list);
    expect((await owner.get(list)).body).toContain('Mail is paused');
    await owner.post('/staff/email-marketing/resume', { practice: 'north' }, list);
    expect((await owner.get(list)).body).not.toContain('Mail is paused');
    await owner.post('/staff/email-marketing/recall', { practice: 'north' }, list);
    const { state } = await web.deps.db
      .selectFrom('messages')
      .select('state')
      .where('id', '=', person.messageId!)
      .executeTakeFirstOrThrow();
    expect(state).toBe('recalled');
    await owner.post('/staff/email-marketing/resend-rest', { practice: 'north', rest: 'not-sent' }, list);
    expect(await web.queued(person.accountId!)).toEqual(['welcome']);
  });

  it('staff actions: lists emails by status, and finds them by name', async () => {
    const person = await seedPerson(web, 'north', {
      firstName: 'Quentin',
      lastName: 'Quill',
      mail: 'bounced',
    });
    expect((await owner.get('/staff/email-marketing?practice=north&status=not-delivered')).body).toContain(
      'Quentin Quill',
    );
    expect((await owner.get('/staff/email-marketing?practice=north&status=delivered')).body).not.toContain(
      'Quentin Quill',
    );
    expect((await owner.get('/staff/email-marketing?practice=north&q=quill')).body).toContain(person.email);
  });

  it('staff actions: previews each email for made-up people, in a sandboxed frame', async () => {
    const page = await owner.get('/staff/email-marketing/preview?practice=north&at=5');
    expect(page.body).toContain('Names that look like code');
    const [, frame] = /<iframe[^>]* src="([^"]+)"/.exec(page.body)!;
    const mail = await owner.get(frame!);
    expect(mail.headers['content-security-policy']).toMatch(/default-src 'none'.* sandbox;/);
    expect(mail.headers['content-security-policy']).not.toContain('script');
    expect(mail.body).toContain('Practice north');
    expect((await owner.get('/staff/email-marketing/preview/elsewhere/0')).statusCode).toBe(404);
    expect((await owner.get('/staff/email-marketing/preview/north/9999')).statusCode).toBe(404);
  });

  it('staff actions: resolves an uncertain email, not too early', async () => {
    const person = await seedPerson(web, 'north');
    const id = await seedMail(web, 'north', person.accountId!, person.pimsId, 'welcome', 'uncertain');
    const here = `/staff/email-marketing/north/${id}`;
    expect((await owner.post(`${here}/resolve`, { arrived: 'yes' }, here)).headers.location).toContain(
      'resolve-too-early',
    );
    web.clock.forward(1800);
    await owner.get(here);
    web.clock.forward(1800);
    expect((await owner.post(`${here}/resolve`, { arrived: 'yes' }, here)).headers.location).toContain('told=resolved');
  });
});

describe('console: syncs', () => {
  it('staff actions: starts a resync once, follows it by server-sent events, and joins it the second time', async () => {
    const first = await owner.post('/staff/syncs/resync', { practice: 'north' }, '/staff/syncs');
    const run = first.headers.location as string;
    const second = await owner.post('/staff/syncs/resync', { practice: 'north' }, '/staff/syncs');
    expect(second.headers.location).toBe(`${run}?told=resync-joined`);
    const runId = run.split('/').at(-1)!;
    await web.deps.db
      .updateTable('sync_runs')
      .set({
        state: 'done',
        finished_at: web.clock.now,
        active_practice: null,
        counts: JSON.stringify({ read: 42 }),
      })
      .where('id', '=', runId)
      .execute();
    const events = await owner.get(`${run}/events`);
    expect(events.headers['content-type']).toContain('text/event-stream');
    expect(events.body).toContain('event: progress');
    expect(events.body).toContain('"read":42');
  });

  it('staff actions: says that no client was marked missing if a row could be any client’s', async () => {
    const page = async (hidden: number) => {
      const id = await seedRun(web, 'fresh', 'done', { counts: { unreadable: 3, hidden } });
      return (await owner.get(`/staff/syncs/fresh/${id}`)).body;
    };
    expect(await page(1)).toContain('No client was marked as missing.');
    expect(await page(0)).not.toContain('No client was marked');
  });

  it('staff actions: shows the data age with its cause and the next step', async () => {
    web.clock.forward(600);
    await web.deps.db
      .insertInto('sync_runs')
      .values({
        id: web.deps.newId(),
        practice_id: 'north',
        kind: 'nightly',
        state: 'failed',
        requested_at: web.clock.now,
        finished_at: web.clock.now,
        counts: '{}',
        error_code: 'pims-login-refused',
        error_message: 'Cornerstone refused the login.',
        error_help: 'Its password has probably expired.',
      } as never)
      .execute();
    const { body } = await owner.get('/staff/syncs?practice=north');
    expect(body).toContain('No new data since');
    expect(body).toContain('Cornerstone refused the login. Its password has probably expired.');
  });
});

describe('console: staff', () => {
  it('are invited by a link that sets a password once', async () => {
    const page = await owner.post('/staff/people', {
      practice: 'north',
      name: 'Finn',
      email: 'finn@north.example',
      role: 'front-desk',
    });
    const [, token] = /\/staff\/invitation#([\w-]+)/.exec(page.body)!;
    const finn = visitor(web.app, '192.0.2.60');
    const weak = await finn.post('/staff/invitation', { token: token!, password: 'only twelve' });
    expect(weak.body).toContain('at least 15 characters');
    const set = await finn.post('/staff/invitation', { token: token!, password: staffPassword });
    expect(set.headers.location).toBe('/staff/sign-in');
    expect(
      (await finn.post('/staff/sign-in', { email: 'finn@north.example', password: staffPassword })).statusCode,
    ).toBe(303);
    expect((await finn.post('/staff/invitation', { token: token!, password: staffPassword })).statusCode).toBe(410);
  });

  it('lose their access and all sessions at once', async () => {
    const id = await seedStaff(web, 'gone@north.example', 'manager', ['north']);
    const gone = visitor(web.app, '192.0.2.61');
    await gone.post('/staff/sign-in', { email: 'gone@north.example', password: staffPassword });
    expect((await gone.get('/staff/pet-parents')).statusCode).toBe(200);
    await owner.post(`/staff/people/${id}/end`, { practice: 'north' }, '/staff/people');
    expect((await gone.get('/staff/pet-parents')).headers.location).toContain('/staff/sign-in');
    expect(
      (await gone.post('/staff/sign-in', { email: 'gone@north.example', password: staffPassword })).statusCode,
    ).toBe(401);
  });

  it('change their password only with the current one, and every other session ends', async () => {
    await seedStaff(web, 'pia@north.example', 'manager', ['north']);
    const [here, there] = [visitor(web.app, '192.0.2.62'), visitor(web.app, '192.0.2.63')];
    for (const one of [here, there])
      await one.post('/staff/sign-in', { email: 'pia@north.example', password: staffPassword });
    const password = 'marble ocean tractor 11';
    expect((await here.post('/staff/account', { current: 'wrong', password })).statusCode).toBe(422);
    expect((await here.post('/staff/account', { current: staffPassword, password })).headers.location).toContain(
      'password-set',
    );
    expect((await here.get('/staff/pet-parents')).statusCode).toBe(200);
    expect((await there.get('/staff/pet-parents')).statusCode).toBe(303);
  });

  it('staff sessions: end when idle, and always after twelve hours', async () => {
    await seedStaff(web, 'idle@north.example', 'manager', ['north']);
    const idle = visitor(web.app, '192.0.2.64');
    await idle.post('/staff/sign-in', { email: 'idle@north.example', password: staffPassword });
    web.clock.forward(3500);
    expect((await idle.get('/staff/pet-parents')).statusCode).toBe(200);
    web.clock.forward(3601);
    expect((await idle.get('/staff/pet-parents')).statusCode).toBe(303);
    await idle.post('/staff/sign-in', { email: 'idle@north.example', password: staffPassword });
    for (let hours = 0; hours < 12; hours += 0.5) {
      expect((await idle.get('/staff/pet-parents')).statusCode).toBe(200);
      web.clock.forward(1800);
    }
    expect((await idle.get('/staff/pet-parents')).statusCode).toBe(303);
  });

  it('return to the same page after signing in, and never to a foreign address', async () => {
    await seedStaff(web, 'back@north.example', 'manager', ['north']);
    const back = visitor(web.app, '192.0.2.65');
    const sent = await back.get('/staff/work?practice=north');
    expect(sent.headers.location).toBe(`/staff/sign-in?next=${encodeURIComponent('/staff/work?practice=north')}`);
    const form = { email: 'back@north.example', password: staffPassword };
    const there = await back.post('/staff/sign-in', { ...form, next: '/staff/work?practice=north' });
    expect(there.headers.location).toBe('/staff/work?practice=north');
    for (const next of [
      'https://evil.example',
      '//evil.example',
      '/staff/../evil',
      '/staff//evil.example\\@x',
      'javascript:alert(1)',
    ]) {
      const other = visitor(web.app, '192.0.2.66');
      expect((await other.post('/staff/sign-in', { ...form, next })).headers.location).toBe('/staff');
    }
  });
});

describe('console: the Tasks page and the history', () => {
  it('staff actions: completes a task once', async () => {
    const id = web.deps.newId();
    await web.deps.db
      .insertInto('tasks')
      .values({
        id,
        practice_id: 'north',
        kind: 'owner-says',
        sentence: 'The owner says so.',
        opened_at: web.clock.now,
        open_key: id,
      } as never)
      .execute();
    const list = '/staff/work?practice=north';
    expect((await owner.get(list)).body).toContain('The owner says so.');
    expect((await owner.post(`/staff/work/${id}/close`, { practice: 'north' }, list)).headers.location).toContain(
      'told=closed',
    );
    expect((await owner.get(list)).body).not.toContain('The owner says so.');
    expect((await owner.post(`/staff/work/${id}/close`, { practice: 'north' }, list)).statusCode).toBe(404);
  });

  it('audit trail: shows an owner who saw which password, when and from where', async () => {
    const person = await seedPerson(web, 'north', { firstName: 'Vera', lastName: 'Viewed' });
    await owner.post(`${path(person)}/password`, {}, path(person));
    const { body } = await owner.get('/staff/history?practice=north&show=views');
    expect(body).toContain('Vera Viewed');
    expect(body).toContain('Temporary password viewed');
    expect(body).toContain('from 203.0.113.7');
  });
});
