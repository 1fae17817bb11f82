import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { insertMany } from '../../src/store/db/database.js';
import { seedPerson, seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

describe('console: a client number that seems to belong to another person now', () => {
  let web: TestWeb;
  let manager: Visitor;
  let desk: Visitor;

  beforeAll(async () => {
    web = await testWeb();
    await seedPractice(web.deps.db, 'elm', 'Elm Street', false);
    for (const role of ['manager', 'front-desk'] as const) await seedStaff(web, `${role}@elm.example`, role, ['elm']);
    [manager, desk] = [visitor(web.app), visitor(web.app)];
    await manager.post('/staff/sign-in', { email: 'manager@elm.example', password: staffPassword });
    await desk.post('/staff/sign-in', { email: 'front-desk@elm.example', password: staffPassword });
  });
  afterAll(() => web?.close());

  const print = 'ab'.repeat(16);
  async function inConflict(): Promise<{ pimsId: string; page: string }> {
    const { pimsId } = await seedPerson(web, 'elm', {
      firstName: 'Ann',
      lastName: 'Fell',
      verdict: 'hold',
      reason: 'identity-conflict',
    });
    const now: Client = {
      pimsId,
      displayId: null,
      siteId: null,
      title: null,
      firstName: 'Zed',
      lastName: 'Moor',
      spouseFirstName: null,
      spouseLastName: null,
      companyName: null,
      emails: ['zed@post.example'],
      phones: [{ label: 'home', number: '555-010-7777' }],
      inactive: false,
      deleted: false,
      optOut: null,
      classification: null,
      unknownStatus: null,
      createdOn: '2026-10-30',
      lastVisitOn: null,
      pets: [],
    };
    await insertMany(web.deps.db, 'identity_conflicts', [
      {
        practice_id: 'elm',
        pims_id: pimsId,
        fingerprint: Buffer.from(print, 'hex'),
        email_key: 'zed@post.example',
        record: JSON.stringify(now),
        seen_at: web.clock.now,
      },
    ]);
    await web.deps.db.updateTable('pims_clients').set({ identity_conflict: 1 }).where('pims_id', '=', pimsId).execute();
    return { pimsId, page: `/staff/pet-parents/elm/${pimsId}` };
  }
  const nameOf = async (pimsId: string) =>
    (await web.deps.db.selectFrom('pims_clients').select('first_name').where('pims_id', '=', pimsId).executeTakeFirst())
      ?.first_name;

  it('identity conflict: shows both people, and a manager can say that it is another person', async () => {
    const { pimsId, page } = await inConflict();
    const { body } = await manager.get(page);
    expect(body).toContain('Is this the same person?');
    expect(body).toMatch(/Until now[^]*Ann Fell[^]*In the practice software now[^]*Zed Moor[^]*zed@post\.example/);
    const said = await manager.post(`${page}/who`, { who: 'someone-else', fingerprint: print }, page);
    expect(said.headers.location).toBe(`${page}?told=someone-else`);
    expect(web.asked.at(-1)).toEqual({ name: 'evaluate-practice', payload: { practiceId: 'elm' } });
    const after = (await manager.get(`${page}?told=someone-else`)).body;
    expect(after).toContain('this client number now belongs to another person');
    expect(after).not.toContain('Is this the same person?');
    expect(await nameOf(pimsId)).toBe('Zed');
    const history = (await manager.get('/staff/history?practice=elm')).body;
    expect(history).toContain('Identity conflict resolved');
    const again = await manager.post(`${page}/who`, { who: 'same-person', fingerprint: print }, page);
    expect(again.headers.location).toContain('told=changed-meanwhile');
  });

  it('identity conflict: a manager can say that it is the same person', async () => {
    const { pimsId, page } = await inConflict();
    const said = await manager.post(`${page}/who`, { who: 'same-person', fingerprint: print }, page);
    expect(said.headers.location).toBe(`${page}?told=same-person`);
    expect(await nameOf(pimsId)).toBe('Zed');
  });

  it('identity conflict: the front desk can see it but not resolve it', async () => {
    const { pimsId, page } = await inConflict();
    const { body } = await desk.get(page);
    expect(body).toContain('A manager or an owner of the practice can decide.');
    expect(body).not.toContain('treat as a new client');
    const refused = await desk.post(`${page}/who`, { who: 'someone-else', fingerprint: print }, page);
    expect(refused.statusCode).toBe(403);
    expect(await nameOf(pimsId)).toBe('Ann');
  });
});
