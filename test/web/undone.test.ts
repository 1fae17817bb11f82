import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertMany } from '../../src/store/db/database.js';
import { seedPerson, seedPractice, seedRun, seedStaff, staffPassword } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'mia@north.example', 'manager', ['north']);
  await seedStaff(web, 'fay@north.example', 'front-desk', ['north']);
  await seedStaff(web, 'ola@north.example', 'operator', ['north']);
  await seedRun(web, 'north', 'done');
});
afterAll(() => web.close());

async function staff(name: string) {
  const who = visitor(web.app);
  await who.post('/staff/sign-in', { email: `${name}@north.example`, password: staffPassword });
  return who;
}

/** A client whose opt-out was removed in the PIMS, with its task. */
async function optOutUndone(): Promise<string> {
  const { pimsId } = await seedPerson(web, 'north', {
    account: false,
    verdict: 'hold',
    reason: 'undone-in-pims',
  });
  const { db, newId } = web.deps;
  await insertMany(db, 'undone_facts', [
    {
      practice_id: 'north',
      client_pims_id: pimsId,
      kind: 'opted-out',
      subject: '',
      said: 'DNE',
      pending: 1,
      pet_name: null,
      species: null,
      born_on: null,
    },
  ]);
  await insertMany(db, 'tasks', [
    {
      id: newId(),
      practice_id: 'north',
      kind: 'undone-in-pims',
      client_pims_id: pimsId,
      account_id: null,
      sentence: 'The PIMS said.',
      details: null,
      opened_at: web.clock.now,
      closed_at: null,
      closed_by: null,
      open_key: `undone ${pimsId}`,
    },
  ]);
  return pimsId;
}

const left = async () => (await web.deps.db.selectFrom('undone_facts').select('client_pims_id').execute()).length;
const needs_evaluation = async () =>
  (await web.deps.db.selectFrom('pims_clients').select('pims_id').where('needs_evaluation', '=', 1).execute()).map(
    (row) => row.pims_id,
  );
const seenIn = (body: string) => /name="seen" value="(\w+)"/.exec(body)?.[1] ?? '';

describe('console: a change in the PIMS that staff must confirm', () => {
  it('is shown on the page of the client, where the front desk confirms it', async () => {
    const pimsId = await optOutUndone();
    const path = `/staff/pet-parents/north/${pimsId}`;
    const operator = await staff('ola');
    const { body: read } = await operator.get(path);
    expect(read).toContain('The PIMS said not to email this client (DNE) and no longer says so.');
    expect(read).not.toContain('Confirm the change');
    expect((await operator.post(`${path}/confirm-change`, { seen: '' }, path)).statusCode).toBe(403);

    const fay = await staff('fay');
    const { body } = await fay.get(path);
    const stale = await fay.post(`${path}/confirm-change`, { seen: 'another' }, path);
    expect(stale.headers.location).toContain('told=changed-meanwhile');
    expect(await left()).toBe(1);
    const answer = await fay.post(`${path}/confirm-change`, { seen: seenIn(body) }, path);
    const page = (await fay.get(answer.headers.location as string)).body;
    expect(page).toContain('Confirmed: the current data of the practice software is right.');
    expect(page).not.toContain('Confirm a change in the PIMS');
    expect(await needs_evaluation()).toEqual([pimsId]);
    expect(web.asked).toContainEqual({ name: 'evaluate-practice', payload: { practiceId: 'north' } });
  });

  it('is confirmed for all on the Tasks page by a manager, in this practice alone', async () => {
    await seedPractice(web.deps.db, 'south');
    await optOutUndone();
    await optOutUndone();
    const fay = await staff('fay');
    expect((await fay.get('/staff/work')).body).not.toContain('Confirm all changes');
    const until = new Date(web.clock.now.getTime() + 1000).toISOString();
    const confirmAs = (who: typeof fay, practice: string) =>
      who.post('/staff/work/confirm-changes', { practice, until }, '/staff/work');
    expect((await confirmAs(fay, 'north')).statusCode).toBe(403);
    const mia = await staff('mia');
    expect((await mia.get('/staff/work')).body).toContain('Confirm all changes in the practice software');
    expect((await confirmAs(mia, 'south')).statusCode).toBe(404);
    expect(await left()).toBe(2);
    const answer = await confirmAs(mia, 'north');
    expect((await mia.get(answer.headers.location as string)).body).toContain('Changes confirmed. Clients: 2.');
    expect(await left()).toBe(0);
  });
});
