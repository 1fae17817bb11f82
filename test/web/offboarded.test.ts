import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Secret } from '../../src/lib/secret.js';
import { createMessages } from '../../src/store/messages/messages.js';
import { hashPassword } from '../../src/web/login/passwords.js';
import { linkAccount, seedPerson, seedPractice, seedStaff } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let addresses = 0;
const own = 'velvet canyon trumpet 7';

/** `left` is no longer in the configuration; its rows are still in the database. */
beforeAll(async () => {
  web = await testWeb((base) => ({
    practice: (id) => (id === 'left' ? null : base.practice(id)),
    messages: createMessages({
      ...base,
      practice: (id) => (id === 'left' ? null : { passwordDays: 30, resendCoolDownMinutes: 10 }),
    }),
  }));
  await seedPractice(web.deps.db, 'left', 'Leaves Vets');
  await seedPractice(web.deps.db, 'stays', 'Stays Vets');
});
afterAll(() => web.close());

const someone = () => visitor(web.app, `192.0.2.${++addresses}`);

/** A person of both practices, known longer to one of them. */
async function ofBoth(first: 'left' | 'stays', options: { used?: boolean; days?: number } = {}) {
  const { db, clock } = web.deps;
  const { used = false, days = 30 } = options;
  const [person, other] = [
    await seedPerson(web, first, { days }),
    await seedPerson(web, first === 'left' ? 'stays' : 'left', { account: false }),
  ];
  await linkAccount(db, other.practiceId, other.pimsId, person.accountId!, new Date(clock().getTime() + 1000));
  if (used) {
    const now = clock();
    const password_hash = await hashPassword(new Secret(own));
    await db
      .updateTable('accounts')
      .set({ password_hash, first_login_at: now, confirmed_at: now })
      .where('id', '=', person.accountId!)
      .execute();
  }
  return person;
}

/** The work continues after the response and ends by requesting the email. */
async function forgot(path: string, email: string): Promise<void> {
  web.asked.length = 0;
  await someone().post(path, { email });
  for (let tries = 0; tries < 500 && web.asked.length === 0; tries++) {
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function owedAfterForgot(person: { email: string; accountId: string | null }) {
  await forgot('/app/forgot', person.email);
  return web.deps.db
    .selectFrom('messages')
    .select(['kind', 'practice_id'])
    .where('account_id', '=', person.accountId!)
    .where('state', '=', 'queued')
    .execute();
}

describe('password reset: a person of a practice that left and of one that stays', () => {
  it.each(['left', 'stays'] as const)('gets an email from the one that stays, with %s as the first', async (first) => {
    const reset = await owedAfterForgot(await ofBoth(first, { used: true }));
    expect(reset).toEqual([{ kind: 'password-reset', practice_id: 'stays' }]);
    const again = await owedAfterForgot(await ofBoth(first));
    expect(again).toEqual([{ kind: 'welcome', practice_id: 'stays' }]);
    const fresh = await owedAfterForgot(await ofBoth(first, { days: -1 }));
    expect(fresh).toEqual([{ kind: 'new-temporary-password', practice_id: 'stays' }]);
  });

  it('sees the practice that stays, and not the one that left', async () => {
    const person = await ofBoth('left', { used: true });
    const phone = someone();
    await phone.post('/app/login', { email: person.email, password: own });
    const home = await phone.get('/app/home');
    expect(home.body).toContain('Stays Vets');
    expect(home.body).not.toContain('Leaves Vets');
  });
});

it('offboarded practice: its own pet parents get no email, and the log says so', async () => {
  const person = await seedPerson(web, 'left', { days: -1 });
  expect(await owedAfterForgot(person)).toEqual([]);
  expect(web.logged.some((line) => line.includes('no practice of the account is configured'))).toBe(true);
});

it('a link for staff of both names the practice that stays', async () => {
  await seedStaff(web, 'dana@vets.example', 'front-desk', ['left', 'stays']);
  await forgot('/staff/forgot', 'dana@vets.example');
  const mails = await web.deps.db
    .selectFrom('messages')
    .select('branding_practice_id')
    .where('staff_id', 'is not', null)
    .execute();
  expect(mails).toEqual([{ branding_practice_id: 'stays' }]);
});
