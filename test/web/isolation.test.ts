import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noCounts } from '../../src/store/sync-runs/sync-runs.js';
import { linkAccount, seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let south: Visitor;
let secret: SeededPerson;
let runId: string;
let workId: string;
let northStaff: string;

/** A staff member of another practice tries everything. */
beforeAll(async () => {
  web = await testWeb();
  const { db, newId, clock } = web.deps;
  await seedPractice(db, 'north', 'North Practice');
  await seedPractice(db, 'south', 'South Practice');
  northStaff = await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  await seedStaff(web, 'sam@south.example', 'owner', ['south']);
  secret = await seedPerson(web, 'north', {
    firstName: 'Secret',
    lastName: 'Northerner',
    email: 'secret@north.example',
  });
  await seedPerson(web, 'south', { firstName: 'Open', lastName: 'Southerner' });
  runId = newId();
  workId = newId();
  await db
    .insertInto('sync_runs')
    .values({
      id: runId,
      practice_id: 'north',
      kind: 'resync',
      state: 'done',
      requested_at: clock(),
      counts: JSON.stringify(noCounts),
    } as never)
    .execute();
  await db
    .insertInto('tasks')
    .values({
      id: workId,
      practice_id: 'north',
      kind: 'owner-says',
      sentence: 'North only',
      opened_at: clock(),
      open_key: workId,
    } as never)
    .execute();
  south = visitor(web.app);
  await south.post('/staff/sign-in', { email: 'sam@south.example', password: staffPassword });
});
afterAll(() => web.close());

/** A page may repeat the search text, but must not show another practice's data. */
const leaks = (body: string, typed = '') =>
  /Secret|Northerner|secret@north|North Practice|North only/.test(typed ? body.replaceAll(typed, '') : body);

describe('access: staff see no other practice', () => {
  it('isolation: no page shows another practice, whatever practice is requested', async () => {
    const person = `/staff/pet-parents/north/${secret.pimsId}`;
    const paths = [
      '/staff/pet-parents',
      '/staff/pet-parents?practice=north',
      '/staff/pet-parents?practice=north&q=Northerner',
      '/staff/pet-parents?q=secret@north.example',
      '/staff/pet-parents?practice=north&fragment=1',
      person,
      '/staff/email-marketing?practice=north',
      '/staff/email-marketing?practice=north&q=Northerner',
      `/staff/email-marketing/north/${secret.messageId}`,
      `/staff/email-marketing/south/${secret.messageId}`,
      '/staff/email-marketing/plan?practice=north&reason=eligible',
      '/staff/syncs?practice=north',
      `/staff/syncs/north/${runId}`,
      `/staff/syncs/south/${runId}`,
      `/staff/syncs/north/${runId}/events`,
      '/staff/work?practice=north',
      '/staff/people?practice=north',
      '/staff/history?practice=north',
    ];
    for (const path of paths) {
      const answer = await south.get(path);
      expect({
        path,
        leaks: leaks(answer.body, /q=(.*)/.exec(path)?.[1]),
        ours: answer.statusCode < 500,
      }).toEqual({
        path,
        leaks: false,
        ours: true,
      });
    }
  });

  it('a practice of others answers like one that does not exist', async () => {
    const theirs = await south.get(`/staff/pet-parents/north/${secret.pimsId}`);
    const nobodys = await south.get(`/staff/pet-parents/nowhere/${secret.pimsId}`);
    expect(theirs.statusCode).toBe(404);
    expect(theirs.body).toBe(nobodys.body);
  });

  it('staff can change nothing in another practice', async () => {
    const before = await web.deps.db.selectFrom('audit').select('id').where('practice_id', '=', 'north').execute();
    const tries: [path: string, form: Record<string, string>][] = [
      ...['password', 'resend', 'new-password', 'reset', 'resync', 'slip'].map(
        (action): [string, Record<string, string>] => [`/staff/pet-parents/north/${secret.pimsId}/${action}`, {}],
      ),
      [`/staff/email-marketing/north/${secret.messageId}/login`, {}],
      [`/staff/email-marketing/south/${secret.messageId}/login`, {}],
      [`/staff/email-marketing/south/${secret.messageId}/resend`, {}],
      ...['approve', 'pause', 'resume', 'recall'].map((action): [string, Record<string, string>] => [
        `/staff/email-marketing/${action}`,
        { practice: 'north' },
      ]),
      ['/staff/email-marketing/resend-rest', { practice: 'north', rest: 'not-logged-in' }],
      ['/staff/pet-parents.csv', { practice: 'north' }],
      ['/staff/email-marketing/plan.csv', { practice: 'north' }],
      ['/staff/syncs/resync', { practice: 'north' }],
      ['/staff/pet-parents/look-up', { practice: 'north', number: '4711' }],
      ['/staff/syncs/drift-right', { practice: 'north' }],
      ...['not-theirs', 'theirs', 'not-joined'].map((action): [string, Record<string, string>] => [
        `/staff/pet-parents/north/${secret.pimsId}/${action}`,
        { account: secret.accountId! },
      ]),
      [`/staff/work/${workId}/close`, {}],
      [`/staff/people/${northStaff}/end`, {}],
      [`/staff/people/${northStaff}/link`, {}],
    ];
    for (const [path, form] of tries) {
      const answer = await south.post(path, form, '/staff/pet-parents');
      expect({ path, status: answer.statusCode, leaks: leaks(answer.body) }).toEqual({
        path,
        status: 404,
        leaks: false,
      });
    }
    const after = await web.deps.db.selectFrom('audit').select('id').where('practice_id', '=', 'north').execute();
    expect(after).toEqual(before);
    expect(await web.deps.credentials.show(secret.accountId!)).toMatchObject({ visible: true });
    const { approved_by, email_paused_at } = await web.deps.db
      .selectFrom('practices')
      .selectAll()
      .where('id', '=', 'north')
      .executeTakeFirstOrThrow();
    expect([approved_by, email_paused_at]).toEqual(['Olive Owner', null]);
  });

  it('with one account at two practices, each sees its own records, emails and history', async () => {
    const shared = await seedPerson(web, 'south', { firstName: 'Shared', lastName: 'Person' });
    await seedPerson(web, 'north', {
      firstName: 'Alias',
      lastName: 'Northerner',
      account: false,
      pimsId: 'alias',
    });
    await linkAccount(web.deps.db, 'north', 'alias', shared.accountId!, web.deps.clock());
    const page = await south.get(`/staff/pet-parents/south/${shared.pimsId}`);
    expect(page.statusCode).toBe(200);
    expect(leaks(page.body)).toBe(false);
  });

  it('an operator sees pet parents but no password', async () => {
    await seedStaff(web, 'root@machines.example', 'operator', []);
    const operator = visitor(web.app);
    await operator.post('/staff/sign-in', { email: 'root@machines.example', password: staffPassword });
    const person = `/staff/pet-parents/north/${secret.pimsId}`;
    expect((await operator.get(person)).statusCode).toBe(200);
    const shown = await operator.post(`${person}/password`, {}, person);
    expect(shown.statusCode).toBe(403);
    expect(shown.body).not.toContain(secret.password!.open());
  });

  it.each([
    ['front-desk', '/staff/email-marketing/approve', 403],
    ['front-desk', '/staff/email-marketing/recall', 403],
    ['front-desk', '/staff/pet-parents.csv', 403],
    ['front-desk', '/staff/email-marketing/plan.csv', 403],
    ['front-desk', '/staff/people', 403],
    ['manager', '/staff/people', 403],
  ] as const)('a %s may not post to %s', async (role, path, status) => {
    const email = `${role}-${path.replaceAll(/\W/g, '')}@north.example`;
    await seedStaff(web, email, role, ['north']);
    const someone = visitor(web.app);
    await someone.post('/staff/sign-in', { email, password: staffPassword });
    const form = { practice: 'north', name: 'X', email: 'x@example.com', role: 'owner' };
    expect((await someone.post(path, form, '/staff/pet-parents')).statusCode).toBe(status);
  });
});
