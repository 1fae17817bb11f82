import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let desk: Visitor;
let ada: SeededPerson;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'desk@north.example', 'front-desk', ['north']);
  ada = await seedPerson(web, 'north', { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' });
  desk = visitor(web.app);
  const signedIn = await desk.post('/staff/sign-in', {
    email: 'desk@north.example',
    password: staffPassword,
  });
  expect(signedIn.statusCode).toBe(303);
});

afterAll(() => web.close());

describe('console: the two pages with the temporary password', () => {
  it('lists a pet parent with View Details under Action', async () => {
    const page = await desk.get('/staff/pet-parents');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Ada Lovelace');
    expect(page.body).toContain('Action');
    expect(page.body).toContain('View Details');
  });

  it('masks the temporary password until staff reveal it, and records the view', async () => {
    const path = `/staff/pet-parents/north/${ada.pimsId}`;
    const page = await desk.get(path);
    const password = ada.password!.open();
    expect(page.body).toContain('Temporary Password');
    expect(page.body).not.toContain(password);

    const shown = await desk.post(`${path}/password`, {}, path);
    expect(shown.body).toContain(password);
    expect(shown.headers['cache-control']).toBe('no-store');
    const views = await web.deps.db
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', 'temporary-password-viewed')
      .execute();
    expect(views).toHaveLength(1);
    expect(views[0]).toMatchObject({ account_id: ada.accountId, practice_id: 'north', actor_kind: 'staff' });
    expect(views[0]!.details).not.toContain(password);
  });

  it('shows the full login in Email Marketing under the same rules', async () => {
    const list = await desk.get('/staff/email-marketing');
    expect(list.body).toContain('ada@example.com');
    const path = `/staff/email-marketing/north/${ada.messageId}`;
    const page = await desk.get(path);
    expect(page.body).not.toContain(ada.password!.open());
    const shown = await desk.post(`${path}/login`, {}, path);
    expect(shown.body).toContain('ada@example.com');
    expect(shown.body).toContain(ada.password!.open());
  });
});

describe('console: addresses that do not exist', () => {
  it.each(['/staff/syncs/north/läuft', '/staff/syncs/north/läuft/events', '/mail-logos/北'])(
    'answers 404 at %s, because no id has such characters',
    async (path) => {
      expect((await desk.get(encodeURI(path))).statusCode).toBe(404);
    },
  );
});
