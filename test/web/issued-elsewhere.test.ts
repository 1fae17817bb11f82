import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApiToken } from '../../src/store/access/api-tokens.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { auditOfAccount } from '../../src/store/access/audit.js';
import {
  linkAccount,
  seedMail,
  seedPerson,
  seedPractice,
  seedStaff,
  staffPassword,
  type SeededPerson,
} from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

/** Two practices with one address: `oak` issued the login, `elm` entered the address in its PIMS afterwards. */
interface Shared {
  oak: SeededPerson;
  elm: { pimsId: string; mailId: string };
  accountId: string;
}

let web: TestWeb;
let elm: Visitor;
let both: Visitor;
let token: string;
let pending: Shared;
let used: Shared;

const ownersPhone = '+14155559876';

async function share(name: string): Promise<Shared> {
  const { db, clock } = web.deps;
  const oak = await seedPerson(web, 'oak', {
    firstName: 'Vera',
    lastName: `Oakname${name}`,
    email: `${name}@example.com`,
    phone: '+14155551111',
    pets: [{ name: `Oakpet${name}` }],
  });
  const joined = await seedPerson(web, 'elm', {
    firstName: 'Val',
    lastName: `Elmname${name}`,
    email: `${name}@example.com`,
    pets: [{ name: `Elmpet${name}` }],
    account: false,
  });
  const accountId = oak.accountId!;
  await linkAccount(db, 'elm', joined.pimsId, accountId, new Date(clock().getTime() + 1000));
  const mailId = await seedMail(web, 'elm', accountId, joined.pimsId, 'practice-added', 'delivered');
  await db.updateTable('temporary_credentials').set({ failed_tries: 7 }).where('account_id', '=', accountId).execute();
  return { oak, elm: { pimsId: joined.pimsId, mailId }, accountId };
}

beforeAll(async () => {
  web = await testWeb();
  const { db, newId, clock } = web.deps;
  await seedPractice(db, 'oak', 'Oak Grove');
  await seedPractice(db, 'elm', 'Elm Street');
  await seedStaff(web, 'dana@elm.example', 'owner', ['elm']);
  await seedStaff(web, 'gail@group.example', 'front-desk', ['elm', 'oak']);
  [elm, both] = [visitor(web.app), visitor(web.app)];
  await elm.post('/staff/sign-in', { email: 'dana@elm.example', password: staffPassword });
  await both.post('/staff/sign-in', { email: 'gail@group.example', password: staffPassword });
  const scopes = ['pet-parents:read', 'temporary-passwords:read', 'pet-parents:write'] as const;
  const by = { kind: 'staff', id: 'x', name: 'Dana' } as const;
  token = (
    await createApiToken(
      db,
      { practiceId: 'elm', name: 'Vendor', scopes: [...scopes], days: 1 },
      { actor: by, newId, now: clock() },
    )
  ).open();
  pending = await share('pending');
  used = await share('used');
  const { accountId } = used;
  const lastLogin = new Date('2026-03-04T05:06:07Z');
  await db
    .updateTable('accounts')
    .set({
      first_name: 'Ownername',
      last_name: 'Confirmed',
      phone: ownersPhone,
      password_hash: 'x',
      first_login_at: lastLogin,
      confirmed_at: lastLogin,
      last_login_at: lastLogin,
    })
    .where('id', '=', accountId)
    .execute();
  await db
    .insertInto('account_pets')
    .values([
      {
        id: newId(),
        account_id: accountId,
        practice_id: null,
        pims_id: null,
        name: 'Ownerpet',
        species: 'cat',
        breed: null,
        born_on: null,
        state: 'added',
        confirmed_at: lastLogin,
      },
      {
        id: newId(),
        account_id: accountId,
        practice_id: 'elm',
        pims_id: `${used.elm.pimsId}-0`,
        name: 'Elmpetused',
        species: 'dog',
        breed: null,
        born_on: null,
        state: 'passed',
        confirmed_at: lastLogin,
      },
    ])
    .execute();
  for (const { accountId: id } of [pending, used]) {
    await db
      .insertInto('audit')
      .values({
        at: lastLogin,
        actor_kind: 'pet-parent',
        actor_id: id,
        actor_name: null,
        action: 'first-login',
        practice_id: null,
        account_id: id,
        details: null,
      })
      .execute();
  }
});
afterAll(() => web.close());

/** Texts about the account, its owner and the other practice that responses to this practice must not contain. */
function leaks(body: string, { oak }: Shared): string[] {
  const secrets = [
    oak.password!.open(),
    'Vera',
    'Oakname',
    'Oakpet',
    'Oak Grove',
    'Ownername',
    'Confirmed',
    'Ownerpet',
    ownersPhone,
    '555-9876',
    '5559876',
    'Mistyped',
    'Mar 4',
    '2026-03-04',
    'no longer with them',
    'First login',
  ];
  return secrets.filter((secret) => body.includes(secret));
}

const issuedElsewhere = 'Another practice issued this login';
const people = (): [string, Shared][] => [
  ['pending', pending],
  ['used', used],
];

/** Lists every route with a client or an email in its URL, so that a new one is tested too. */
function routesOf(method: string, part: RegExp): string[] {
  return [
    ...new Set(web.routes.filter((route) => route.method === method && part.test(route.url)).map(({ url }) => url)),
  ];
}

const fill = (url: string, { elm: at }: Shared) =>
  url.replace(':practice', 'elm').replace(':client', at.pimsId).replace(':message', at.mailId);

const forms: Record<string, Record<string, string>> = {
  'not-theirs': { account: '0'.repeat(20) },
  theirs: { account: '0'.repeat(20) },
  anyway: { reason: 'no-email' },
  'not-anyway': { reason: 'no-email' },
  who: { who: 'same-person', fingerprint: 'x' },
  settle: { arrived: 'yes' },
};

const passwordOf = async (accountId: string) => {
  const shown = await web.deps.credentials.show(accountId);
  return shown.visible ? shown.password.open() : shown.why;
};

const linesFor = async (accountId: string, practiceId: string) =>
  (await auditOfAccount(web.deps.db, accountId, allowPractices([practiceId]), false)).map(
    ({ action, actorName, details }) =>
      `${action}${details['act'] ? ` (${String(details['act'])})` : ''}, ${actorName}`,
  );

describe('access: a practice that did not issue a login', () => {
  it('sees nothing of the account on any page', async () => {
    const pages = routesOf('GET', /^\/staff\/.*(:client|:message)/);
    expect(pages.length).toBeGreaterThanOrEqual(4);
    for (const [name, shared] of people()) {
      const lists = [
        '/staff/pet-parents',
        '/staff/pet-parents?state=active',
        '/staff/pet-parents?state=invited',
        '/staff/pet-parents?q=Elmname',
        '/staff/email-marketing',
        '/staff/email-marketing?q=Elmname',
        '/staff/work',
        '/staff/history',
      ];
      for (const path of [...lists, ...pages.map((url) => fill(url, shared))]) {
        const answer = await elm.get(path);
        expect({ name, path, ours: answer.statusCode < 500, leaks: leaks(answer.body, shared) }).toEqual({
          name,
          path,
          ours: true,
          leaks: [],
        });
      }
      const csv = await elm.post('/staff/pet-parents.csv', { practice: 'elm', state: '' }, '/staff/pet-parents');
      expect({ status: csv.statusCode, leaks: leaks(csv.body, shared) }).toEqual({ status: 200, leaks: [] });
      expect(csv.body).toContain(`Elmname${name}`);
    }
    const active = await elm.get('/staff/pet-parents?state=active');
    expect(active.body).toContain('Elmnameused');
    expect(active.body).not.toContain('Elmnamepending');
    expect((await elm.get(`/staff/pet-parents/elm/${used.elm.pimsId}`)).body).toContain('uses the Pet App');
    expect((await elm.get(`/staff/pet-parents/elm/${pending.elm.pimsId}`)).body).toContain(issuedElsewhere);
  });

  it('finds no one by data that only the account has', async () => {
    for (const text of [ownersPhone, '5559876', 'Ownername']) {
      const found = await elm.get(`/staff/pet-parents?q=${encodeURIComponent(text)}`);
      expect({ text, found: found.body.includes('Elmname') }).toEqual({ text, found: false });
    }
  });

  it('learns nothing from any form, and changes no password', async () => {
    const actions = routesOf('POST', /^\/staff\/.*(:client|:message)/);
    expect(actions.length).toBeGreaterThanOrEqual(14);
    for (const [name, shared] of people()) {
      const before = await passwordOf(shared.accountId);
      const page = `/staff/pet-parents/elm/${shared.elm.pimsId}`;
      for (const url of actions) {
        const path = fill(url, shared);
        const answer = await elm.post(path, forms[path.split('/').at(-1)!] ?? {}, page);
        expect({ name, path, ours: answer.statusCode < 500, leaks: leaks(answer.body, shared) }).toEqual({
          name,
          path,
          ours: true,
          leaks: [],
        });
      }
      expect(await passwordOf(shared.accountId)).toBe(before);
    }
  });

  it('learns nothing by API', async () => {
    const get = routesOf('GET', /^\/v1\/pet-parents/);
    const post = routesOf('POST', /^\/v1\/pet-parents/);
    expect([get.length, post.length]).toEqual([2, 3]);
    const headers = { authorization: `Bearer ${token}` };
    for (const [name, shared] of people()) {
      const before = await passwordOf(shared.accountId);
      for (const url of get.map((one) => fill(one, shared))) {
        const answer = await web.app.inject({ method: 'GET', url, headers });
        expect({ name, url, status: answer.statusCode, leaks: leaks(answer.body, shared) }).toEqual({
          name,
          url,
          status: 200,
          leaks: [],
        });
      }
      for (const payload of [{ viewer: 'Dana' }, { newPassword: true }, { newPassword: false }]) {
        for (const url of post.map((one) => fill(one, shared))) {
          const answer = await web.app.inject({ method: 'POST', url, headers, payload });
          expect({ name, url, ours: answer.statusCode < 500, leaks: leaks(answer.body, shared) }).toEqual({
            name,
            url,
            ours: true,
            leaks: [],
          });
        }
      }
      const url = fill('/v1/pet-parents/:client/temporary-password-views', shared);
      const shown = await web.app.inject({ method: 'POST', url, headers, payload: { viewer: 'Dana' } });
      expect([shown.statusCode, shown.json()]).toMatchObject([409, { code: 'issued-elsewhere' }]);
      expect(await passwordOf(shared.accountId)).toBe(before);
    }
  });

  it('leaves a line for each act and each refusal with the practice that issued it, which sees no more of them', async () => {
    for (const [name, { accountId }] of people()) {
      const lines = await linesFor(accountId, 'oak');
      expect(lines).toEqual(
        expect.arrayContaining([
          'account-act-refused (temporary-password-viewed), Elm Street',
          'account-act-refused (login-viewed), Elm Street',
          'account-act-refused (handout-printed), Elm Street',
          'account-act-refused (temporary-password-reissued), Elm Street',
          'password-reset-requested, Elm Street',
          ...(name === 'pending' ? ['message-resent, Elm Street'] : []),
        ]),
      );
      const rows = await web.deps.db
        .selectFrom('audit')
        .selectAll()
        .where('practice_id', '=', 'oak')
        .where('account_id', '=', accountId)
        .execute();
      expect(rows.map((row) => [row.actor_id, row.details ?? '']).join()).not.toMatch(/203\.0\.113|screen|staff_id/);
      expect(rows.every(({ actor_id: id }) => id === null)).toBe(true);
      expect(await linesFor(accountId, 'elm')).toContain(
        'account-act-refused (temporary-password-viewed), dana of elm',
      );
    }
  });

  it('can send the login again to the address, with the unchanged password', async () => {
    const person = await share('again');
    const page = `/staff/pet-parents/elm/${person.elm.pimsId}`;
    const before = await passwordOf(person.accountId);
    expect((await elm.get(page)).body).not.toContain('new-password');
    const answer = await elm.post(`${page}/resend`, {}, page);
    expect(answer.headers['location']).toContain('told=resent');
    expect(await web.queued(person.accountId)).toEqual(['welcome']);
    expect(await passwordOf(person.accountId)).toBe(before);
  });
});

describe('access: staff of both practices', () => {
  it('see and replace the login at either', async () => {
    const person = await share('both');
    for (const at of [`elm/${person.elm.pimsId}`, `oak/${person.oak.pimsId}`]) {
      const page = `/staff/pet-parents/${at}`;
      const shown = await both.post(`${page}/password`, {}, page);
      expect(shown.body).toContain(person.oak.password!.open());
    }
    const page = `/staff/pet-parents/elm/${person.elm.pimsId}`;
    await both.post(`${page}/new-password`, {}, page);
    expect(await passwordOf(person.accountId)).not.toBe(person.oak.password!.open());
    const { issuing_practice_id: issuer } = await web.deps.db
      .selectFrom('temporary_credentials')
      .select('issuing_practice_id')
      .where('account_id', '=', person.accountId)
      .executeTakeFirstOrThrow();
    expect(issuer).toBe('oak');
    expect(await linesFor(person.accountId, 'oak')).toContain('temporary-password-reissued, Elm Street');
  });
});

describe('access: when the issuing practice has no record on the account any more', () => {
  it('no staff see the password it issued; the practice with the oldest link can issue a new one, without the former name', async () => {
    const { db } = web.deps;
    const person = await share('left');
    await db
      .deleteFrom('account_links')
      .where('account_id', '=', person.accountId)
      .where('practice_id', '=', 'oak')
      .execute();
    const page = `/staff/pet-parents/elm/${person.elm.pimsId}`;
    for (const one of [elm, both]) {
      const hidden = await one.post(`${page}/password`, {}, page);
      expect(hidden.body).not.toContain(person.oak.password!.open());
      expect(hidden.body).toContain(issuedElsewhere);
    }
    const answer = await elm.post(`${page}/new-password`, {}, page);
    expect(answer.headers['location']).toContain('told=new-password-mailed');
    const password = await passwordOf(person.accountId);
    expect(password).not.toBe(person.oak.password!.open());
    const shown = await elm.post(`${page}/password`, {}, page);
    expect(shown.body).toContain(password);
    expect(leaks(shown.body, person)).toEqual([]);
    const account = await db
      .selectFrom('accounts')
      .select(['first_name', 'last_name', 'phone'])
      .where('id', '=', person.accountId)
      .executeTakeFirst();
    expect(account).toEqual({ first_name: null, last_name: null, phone: null });
  });

  it('its own staff see nothing either, through an earlier email', async () => {
    const { db } = web.deps;
    const person = await share('gone');
    await seedStaff(web, 'olga@oak.example', 'owner', ['oak']);
    const oak = visitor(web.app);
    await oak.post('/staff/sign-in', { email: 'olga@oak.example', password: staffPassword });
    const mail = `/staff/email-marketing/oak/${person.oak.messageId}`;
    await db
      .deleteFrom('account_links')
      .where('account_id', '=', person.accountId)
      .where('practice_id', '=', 'oak')
      .execute();
    const shown = await oak.post(`${mail}/login`, {}, mail);
    expect(shown.body).not.toContain(person.oak.password!.open());
  });

  it('a renewal by a practice that joined later does not change the issuing practice', async () => {
    const person = await share('renewed');
    await web.deps.credentials.issueMany(web.deps.db, [{ accountId: person.accountId, practiceId: 'elm', days: 30 }]);
    const page = `/staff/pet-parents/elm/${person.elm.pimsId}`;
    const shown = await elm.post(`${page}/password`, {}, page);
    expect(shown.body).toContain(issuedElsewhere);
    expect(shown.body).not.toContain(await passwordOf(person.accountId));
  });
});
