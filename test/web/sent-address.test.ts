import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedMail, seedPerson, seedPractice, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let owner: Visitor;
const list = '/staff/email-marketing?practice=north';

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  owner = visitor(web.app);
  await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
});
afterAll(() => web?.close());

describe('console: an email that bounced from an address that was corrected later', () => {
  it('corrected address: shows the former address and no action, and is not in the undelivered list', async () => {
    const kim = await seedPerson(web, 'north', {
      firstName: 'Kim',
      lastName: 'Kummer',
      email: 'new@kim.example',
      mail: 'bounced',
    });
    const { db, newId, clock } = web.deps;
    const now = clock();
    await db.updateTable('messages').set({ attempts: 1, superseded: 1 }).where('id', '=', kim.messageId!).execute();
    await db
      .insertInto('send_attempts')
      .values({
        id: newId(),
        message_id: kim.messageId!,
        number: 1,
        email: 'old@kim.example',
        claimed_at: now,
        answered_at: now,
        outcome: 'accepted',
      })
      .execute();
    await seedMail(web, 'north', kim.accountId!, kim.pimsId, 'welcome', 'delivered');

    const all = await owner.get(list);
    expect(all.body).toMatch(/old@kim\.example[\s\S]{0,80}now new@kim\.example/);
    expect(all.body).toContain('You need not do anything about this email');
    expect(all.body).toMatch(/Not delivered <span class="count">0</);
    expect((await owner.get(`${list}&status=not-delivered`)).body).not.toContain('Kummer');

    const page = (await owner.get(`/staff/email-marketing/north/${kim.messageId}`)).body;
    expect(page).toContain('It was sent to old@kim.example. The pet parent now has another address, new@kim.example');
    expect(page).not.toContain('Correct the address');
    const person = (await owner.get(`/staff/pet-parents/north/${kim.pimsId}`)).body;
    expect(person).toContain('to old@kim.example, which is no longer the address of this pet parent');
  });

  it('corrected address: the email stays on the list while the address is the current one', async () => {
    const lee = await seedPerson(web, 'north', { firstName: 'Lee', lastName: 'Lost', mail: 'bounced' });
    const page = await owner.get(`/staff/email-marketing/north/${lee.messageId}`);
    expect(page.body).toContain('Correct the address');
    const rest = await owner.get(`${list}&status=not-delivered`);
    expect(rest.body).toContain('Lee Lost');
    expect(rest.body).toMatch(/Not delivered <span class="count">1</);
  });
});
