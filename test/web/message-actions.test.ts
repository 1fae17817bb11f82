import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Row } from '../../src/store/db/tables.js';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let owner: Visitor;
const list = '/staff/email-marketing?practice=north';
const path = ({ practiceId, pimsId }: SeededPerson) => `/staff/pet-parents/${practiceId}/${pimsId}`;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  await seedStaff(web, 'root@machines.example', 'operator', ['north']);
  owner = visitor(web.app);
  await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
});
beforeEach(async () => {
  web.asked.length = 0;
  await web.deps.db.updateTable('practices').set({ email_paused_at: null, email_paused_by: null }).execute();
});
afterAll(() => web?.close());

const campaign = (what: string, more: Record<string, string> = {}) =>
  owner.post(`/staff/email-marketing/${what}`, { practice: 'north', ...more }, list);
const flash = async (location: unknown) => (await owner.get(String(location))).body;
const set = (id: string | null, change: Partial<Row<'messages'>>) =>
  web.deps.db.updateTable('messages').set(change).where('id', '=', id!).execute();
const auditOf = async (action: string, accountId: string | null) =>
  web.deps.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', action)
    .where('account_id', '=', accountId)
    .execute();

describe('console: a recall', () => {
  it('message actions: pausing shows the next steps, and counts unsent emails by pet parent', async () => {
    await seedPerson(web, 'north', { mail: 'queued' });
    await seedPerson(web, 'north', { mail: 'queued', kind: 'practice-added' });
    const page = await flash((await campaign('recall')).headers.location);
    expect(page).toContain('Recalled emails: 2.');
    expect(page).toContain('Mail is paused');
    expect(page).toContain('Resume mail');
    // The second pet parent has not got the login yet, which comes first.
    expect(page).toContain('Send unsent emails (1)');
    const again = await flash((await campaign('resend-rest', { rest: 'not-sent' })).headers.location);
    expect(again).toContain('Emails queued again: 1. Mail is paused.');
    expect(again).not.toContain('Send unsent emails');
    await campaign('resume');
    expect(await flash(list)).not.toContain('Mail is paused');
  });
});

describe('console: an email that is being handed over', () => {
  it('message actions: an email being handed over keeps its password; no new one is made', async () => {
    const person = await seedPerson(web, 'north', { mail: 'sending' });
    await set(person.messageId, { open_key: `welcome.${person.accountId}.north` });
    const answer = await owner.post(`${path(person)}/new-password`, {}, path(person));
    expect(answer.headers.location).toContain('told=being-sent');
    expect(await flash(answer.headers.location)).toContain('is being sent right now');
    const shown = await web.deps.credentials.show(person.accountId!);
    expect(shown.visible && shown.password.open()).toBe(person.password!.open());
    expect(await auditOf('temporary-password-reissued', person.accountId)).toEqual([]);
    expect(web.asked).toEqual([]);
  });
});

describe('console: an uncertain email that was replaced', () => {
  it('is not sent again if staff say that it did not arrive', async () => {
    const person = await seedPerson(web, 'north', { mail: 'uncertain' });
    await set(person.messageId, { changed_at: new Date(web.clock.now.getTime() - 3_600_000 * 2) });
    const here = `/staff/email-marketing/north/${person.messageId}`;
    const answer = await owner.post(`${here}/resolve`, { arrived: 'no' }, here);
    const page = await flash(answer.headers.location);
    expect(page).toContain('The email is not sent again because a newer email replaced it.');
    expect(page).toContain('Another email replaced it.');
    expect(web.asked).toEqual([]);
  });
});

describe('console: an address whose email bounced', () => {
  const suppress = (email: string, reason: Row<'suppressions'>['reason']) =>
    web.deps.db
      .insertInto('suppressions')
      .values({ email_key: email.toLowerCase(), reason, detail: 'mailbox full', since: web.clock.now })
      .execute();
  const works = (person: SeededPerson, by = owner) => by.post(`${path(person)}/address-works`, {}, path(person));

  it('can be written to again once staff confirm that it works', async () => {
    const person = await seedPerson(web, 'north', { mail: 'bounced', verdict: 'hold', reason: 'bounced' });
    await suppress(person.email, 'bounced');
    const { db, newId, clock } = web.deps;
    await db
      .insertInto('tasks')
      .values({
        id: newId(),
        practice_id: 'north',
        kind: 'login-bounced',
        client_pims_id: person.pimsId,
        account_id: person.accountId,
        sentence: 'It came back.',
        opened_at: clock(),
        open_key: 'one',
      })
      .execute();
    expect(await flash(path(person))).toContain('This address works again');
    const answer = await works(person);
    expect(answer.headers.location).toBe(`${path(person)}?told=address-released`);
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'north' } });
    const page = await flash(answer.headers.location);
    expect(page).toContain('this address may receive emails again');
    expect(page).not.toContain('This address works again');
    expect(page).toContain('Address released from suppression');
    expect(await auditOf('address-released', person.accountId)).toHaveLength(1);
    const open = db.selectFrom('tasks').select('id').where('closed_at', 'is', null);
    expect(await open.execute()).toEqual([]);
    const client = db.selectFrom('pims_clients').select('needs_evaluation').where('pims_id', '=', person.pimsId);
    expect(await client.execute()).toEqual([{ needs_evaluation: 1 }]);
    const resent = await owner.post(`${path(person)}/resend`, {}, path(person));
    expect(resent.headers.location).toContain('told=resent');
    expect((await works(person)).headers.location).toContain('told=not-bounced');
  });

  it('can be released for a client without an account', async () => {
    const person = await seedPerson(web, 'north', { account: false, verdict: 'hold', reason: 'bounced' });
    await suppress(person.email, 'bounced');
    expect((await works(person)).headers.location).toContain('told=address-released');
  });

  it('suppression: stays after a complaint, and for staff without permission', async () => {
    const person = await seedPerson(web, 'north');
    await suppress(person.email, 'complained');
    expect(await flash(path(person))).not.toContain('This address works again');
    expect((await works(person)).headers.location).toContain('told=not-bounced');
    const bounced = await seedPerson(web, 'north');
    await suppress(bounced.email, 'bounced');
    const operator = visitor(web.app, '192.0.2.77');
    await operator.post('/staff/sign-in', { email: 'root@machines.example', password: staffPassword });
    expect((await works(bounced, operator)).statusCode).toBe(403);
    const rows = await web.deps.db.selectFrom('suppressions').select('reason').execute();
    expect(rows.map(({ reason }) => reason).sort()).toEqual(['bounced', 'complained']);
  });
});
