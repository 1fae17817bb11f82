import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertMany } from '../../src/store/db/database.js';
import { noCounts } from '../../src/store/sync-runs/sync-runs.js';
import type { SyncState } from '../../src/store/db/tables.js';
import { seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;

beforeAll(async () => {
  web = await testWeb((deps) => ({ practice: (id) => (id === 'gone' ? null : deps.practice(id)) }));
  for (const id of ['ash', 'birch', 'cedar', 'gone']) await seedPractice(web.deps.db, id, `Practice ${id}`);
  await seedStaff(web, 'root@machines.example', 'operator', []);
  await seedStaff(web, 'olive@ash.example', 'owner', ['ash']);
  await seedStaff(web, 'gus@group.example', 'owner', ['ash', 'birch']);
  await run('ash', 3, 'done');
  await run('birch', 30, 'done');
  await run('birch', 2, 'failed', 'The PIMS refused the login (SQL Server).');
  await run('cedar', 60, 'done');
  await run('gone', 90, 'done');
});
afterAll(() => web?.close());

async function run(practice: string, hoursAgo: number, state: SyncState, error: string | null = null) {
  const at = new Date(web.clock.now.getTime() - hoursAgo * 3_600_000);
  await insertMany(web.deps.db, 'sync_runs', [
    {
      id: web.deps.newId(),
      practice_id: practice,
      kind: 'nightly',
      nightly_date: null,
      client_reference: null,
      state,
      active_practice: null,
      requested_by: 'the night',
      requested_at: at,
      started_at: at,
      progressed_at: at,
      finished_at: at,
      counts: JSON.stringify(noCounts),
      error_code: error && 'pims-login-refused',
      error_message: error,
    } as never,
  ]);
}

async function signedIn(email: string): Promise<Visitor> {
  const someone = visitor(web.app);
  await someone.post('/staff/sign-in', { email, password: staffPassword });
  return someone;
}
const words = (html: string) =>
  html
    .slice(html.indexOf('<main'))
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('console: the practices page of staff with several practices', () => {
  it('practices page: first page of an operator; failures with reasons first, then the oldest data', async () => {
    const root = visitor(web.app);
    expect((await root.get('/staff')).headers.location).toBe('/staff/sign-in');
    const { headers } = await root.post('/staff/sign-in', { email: 'root@machines.example', password: staffPassword });
    expect((await root.get(String(headers.location))).headers.location).toBe('/staff/practices');
    const { body } = await root.get('/staff/practices');
    const page = words(body);
    expect(page).toContain('1 of 3 practices cannot be read at the moment.');
    expect(page).toMatch(
      /Practice birch .*Failed The PIMS refused the login \(SQL Server\)\..*Practice cedar .*2 days ago Old.*Practice ash .*3 hours ago Done/,
    );
    expect(page).not.toContain('Practice gone');
    expect(body).toContain('href="/staff/syncs?practice=birch"');
    expect(words((await root.get('/staff/syncs?practice=birch')).body)).toContain('The PIMS refused the login');
  });

  it('practices page: shows an owner’s group, and is hidden for a single practice', async () => {
    const gus = await signedIn('gus@group.example');
    expect((await gus.get('/staff')).headers.location).toBe('/staff/pet-parents');
    const page = words((await gus.get('/staff/practices')).body);
    expect(page).toContain('1 of 2 practices');
    expect(page).not.toContain('cedar');
    const olive = await signedIn('olive@ash.example');
    expect((await olive.get('/staff/syncs')).body).not.toContain('/staff/practices');
    expect(words((await olive.get('/staff/practices')).body)).not.toMatch(/birch|cedar/);
  });
});
