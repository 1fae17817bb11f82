import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedPerson, seedPractice, seedRun, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let manager: Visitor;
const night = { date: '2026-05-04', began: new Date(0) };

beforeAll(async () => {
  web = await testWeb((deps) => ({
    practice: (id) => {
      const info = deps.practice(id);
      return info && { ...info, dataRule: { maxAgeHours: 36, night } };
    },
  }));
  for (const id of ['fresh', 'old', 'owing']) await seedPractice(web.deps.db, id, `Practice ${id}`, id === 'owing');
  await seedStaff(web, 'mia@elm.example', 'manager', ['fresh', 'old', 'owing']);
  manager = visitor(web.app);
  await manager.post('/staff/sign-in', { email: 'mia@elm.example', password: staffPassword });
  for (const id of ['fresh', 'old'])
    await seedPerson(web, id, { account: false, verdict: 'invite', reason: 'eligible' });
});
afterAll(() => web?.close());

const planOf = async (practice: string) =>
  (await manager.get(`/staff/email-marketing/plan?practice=${practice}`)).body
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
const approvedAt = async (practice: string) =>
  (await web.deps.db.selectFrom('practices').select('approved_at').where('id', '=', practice).executeTakeFirstOrThrow())
    .approved_at;
const approve = (practice: string) =>
  manager.post('/staff/email-marketing/approve', { practice }, `/staff/email-marketing/plan?practice=${practice}`);

describe('console: a plan', () => {
  it('invite plan: shows the age of its data, and can be approved', async () => {
    await seedRun(web, 'fresh', 'done', { minutesAgo: 5 * 60 });
    const page = await planOf('fresh');
    expect(page).toMatch(/The plan is based on data of .*, 5 hours ago\./);
    expect(page).toContain('Approve and invite');
    await approve('fresh');
    expect(await approvedAt('fresh')).toEqual(web.clock.now);
  });

  it('invite plan: cannot be approved 40 days after the last good sync, and shows the next step', async () => {
    await seedRun(web, 'old', 'done', { minutesAgo: 40 * 24 * 60 });
    await seedRun(web, 'old', 'failed', { minutesAgo: 60 });
    const page = await planOf('old');
    expect(page).toContain('40 days ago');
    expect(page).toContain('too old to invite anyone. Press Resync now on the Syncs page');
    expect(page).not.toContain('Approve and invite');
    const { headers } = await approve('old');
    const flash = (await manager.get(headers.location as string)).body;
    expect(flash).toContain('The data is too old to invite anyone.');
    expect(await approvedAt('old')).toBeNull();
  });
});

it('Email Marketing: shows that invitations wait for a sync, and the age of the data', async () => {
  await seedRun(web, 'owing', 'done', { minutesAgo: 3 * 24 * 60 });
  const person = await seedPerson(web, 'owing', { mail: 'queued' });
  const list = (await manager.get('/staff/email-marketing?practice=owing')).body;
  expect(list).toMatch(/Invitations wait: the data is from [^<]*, too old to invite anyone\./);
  const mail = (await manager.get(`/staff/email-marketing/owing/${person.messageId}`)).body;
  expect(mail).toContain('They go out automatically after the next full sync');
});
