import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedPerson, seedPractice, seedRun, seedStaff, staffPassword } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let runId: string;
const flash = 'Only 39 % of the clients have a value for email; it was 100 %. Was a column renamed or emptied?';

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'mia@north.example', 'manager', ['north']);
  await seedStaff(web, 'fay@north.example', 'front-desk', ['north']);
  runId = await seedRun(web, 'north', 'done');
  const hold = [{ kind: 'fill-fell', field: 'email', before: 100, now: 39, sentence: flash }];
  await web.deps.db
    .updateTable('practices')
    .set({ drift_hold: JSON.stringify(hold) })
    .execute();
  for (let n = 0; n < 2; n++)
    await seedPerson(web, 'north', { account: false, verdict: 'hold', reason: 'field-drift' });
});
afterAll(() => web.close());

async function staff(name: string) {
  const who = visitor(web.app);
  await who.post('/staff/sign-in', { email: `${name}@north.example`, password: staffPassword });
  return who;
}

describe('console: decisions held because a field changed for many clients', () => {
  it('drift: shown on the Syncs page and on the run’s page, where a manager can release it', async () => {
    const fay = await staff('fay');
    for (const path of ['/staff/syncs', `/staff/syncs/north/${runId}`]) {
      const { body } = await fay.get(path);
      expect(body).toContain('2 clients wait because a field changed for many clients at once');
      expect(body).toContain('Only 39 % of the clients have a value for email');
      expect(body).not.toContain('Confirm the change');
    }
    const refused = await fay.post('/staff/syncs/drift-right', { practice: 'north' }, '/staff/syncs');
    expect(refused.statusCode).toBe(403);

    const mia = await staff('mia');
    expect((await mia.get('/staff/syncs')).body).toContain('Confirm the change');
    const answer = await mia.post('/staff/syncs/drift-right', { practice: 'north' }, '/staff/syncs');
    const page = (await mia.get(answer.headers.location as string)).body;
    expect(page).toContain('evaluated again in a moment: 2');
    expect(page).not.toContain('because a field changed');
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'north' } });
    const needs_evaluation = await web.deps.db
      .selectFrom('pims_clients')
      .select('needs_evaluation')
      .where('needs_evaluation', '=', 1)
      .execute();
    expect(needs_evaluation).toHaveLength(2);
    const again = await mia.post('/staff/syncs/drift-right', { practice: 'north' }, '/staff/syncs');
    expect(again.headers.location).toContain('told=nothing-held');
  });
});
