import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import type { ApiScope } from '../../src/web/api/route.js';
import { createApiToken } from '../../src/store/access/api-tokens.js';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let ada: SeededPerson;
let secret: SeededPerson;
const everything: ApiScope[] = [
  'pet-parents:read',
  'temporary-passwords:read',
  'pet-parents:write',
  'syncs:read',
  'syncs:write',
];

beforeAll(async () => {
  web = await testWeb();
  for (const id of ['north', 'south']) await seedPractice(web.deps.db, id);
  ada = await seedPerson(web, 'north', { firstName: 'Ada', lastName: 'Lovelace', pimsId: 'a/da 1' });
  secret = await seedPerson(web, 'south', { firstName: 'Secret', lastName: 'Southerner' });
});
afterAll(() => web.close());

const by = { kind: 'staff', id: 'x', name: 'Olive' } as const;
const tokenFor = async (scopes: ApiScope[] = everything, practiceId = 'north', days = 1) =>
  (
    await createApiToken(web.deps.db, { practiceId, name: 'Vendor console', scopes, days }, actOf(by, web.deps.clock()))
  ).open();
const call = async (
  token: string,
  method: 'GET' | 'POST',
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
) => {
  const answer = await web.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(payload ? { payload } : {}),
  });
  return {
    status: answer.statusCode,
    body: answer.body,
    json: answer.body ? (answer.json() as Record<string, never>) : null,
  };
};
const person = (client: string, rest = '') => `/v1/pet-parents/${encodeURIComponent(client)}${rest}`;

describe('GET /v1/plan', () => {
  it('returns the plan of its own practice in numbers, by reason', async () => {
    await seedPractice(web.deps.db, 'planned', 'Planned', false);
    for (const reason of ['eligible', 'eligible', 'no-email'])
      await seedPerson(web, 'planned', {
        account: false,
        email: 'one@house.example',
        reason,
        verdict: reason === 'eligible' ? 'invite' : 'skip',
      });
    const token = await tokenFor(['pet-parents:read'], 'planned');
    expect((await call(token, 'GET', '/v1/plan')).json).toEqual({
      complete: false,
      approvedAt: null,
      approvedBy: null,
      mayBeApproved: false,
      waiting: 2,
      addresses: 1,
      changedSince: null,
      reasons: [
        { code: 'eligible', title: 'Will be invited', verdict: 'invite', clients: 2, changed: null },
        { code: 'no-email', title: 'No email address', verdict: 'skip', clients: 1, changed: null },
      ],
    });
    expect((await call(await tokenFor(['syncs:read'], 'planned'), 'GET', '/v1/plan')).status).toBe(403);
  });
});

describe('API: a token', () => {
  it('allows exactly its scopes', async () => {
    const reader = await tokenFor(['pet-parents:read']);
    expect((await call(reader, 'GET', '/v1/pet-parents')).status).toBe(200);
    expect((await call(reader, 'GET', '/v1/syncs')).status).toBe(403);
    const view = await call(reader, 'POST', person(ada.pimsId, '/temporary-password-views'), {
      viewer: 'Finn',
    });
    expect(view).toMatchObject({ status: 403, json: { code: 'not-allowed' } });
  });

  it('is refused if it is made up, revoked or expired', async () => {
    const token = await tokenFor();
    expect((await call('pims_made-up-and-long-enough', 'GET', '/v1/syncs')).status).toBe(401);
    await web.deps.db.updateTable('api_tokens').set({ revoked_at: web.clock.now }).execute();
    expect((await call(token, 'GET', '/v1/syncs')).status).toBe(401);
    const short = await tokenFor(everything, 'north', -1);
    expect((await call(short, 'GET', '/v1/syncs')).status).toBe(401);
  });

  it('reads only its own practice', async () => {
    const token = await tokenFor();
    const list = await call(token, 'GET', '/v1/pet-parents');
    expect(list.body).toContain('Ada Lovelace');
    expect(list.body).not.toContain('Southerner');
    expect((await call(token, 'GET', '/v1/pet-parents?q=Southerner')).json).toMatchObject({ petParents: [] });
    for (const rest of ['', '/temporary-password-views', '/resends']) {
      const answer = await call(
        token,
        rest ? 'POST' : 'GET',
        person(secret.pimsId, rest),
        rest ? { viewer: 'x' } : undefined,
      );
      expect(answer).toMatchObject({ status: 404, json: { code: 'not-found' } });
    }
  });
});

describe('API: the console of a vendor', () => {
  it('reads pet parents and their timeline, never with a password', async () => {
    const answer = await call(await tokenFor(), 'GET', person(ada.pimsId));
    expect(answer.json).toMatchObject({
      name: 'Ada Lovelace',
      state: 'invited',
      temporaryPassword: { visible: true },
    });
    expect(answer.body).not.toContain(ada.password!.open());
    expect(answer.body).toContain('Account created');
  });

  it('reads the temporary password under the rules of the pages: recorded with the viewer, none after the first login', async () => {
    const token = await tokenFor();
    const eve = await seedPerson(web, 'north');
    const views = person(eve.pimsId, '/temporary-password-views');
    const shown = await call(token, 'POST', views, { viewer: 'Finn at the desk' });
    expect(shown.json).toMatchObject({
      temporaryPassword: eve.password!.open(),
      spelled: expect.any(String),
    });
    const [record] = await web.deps.db
      .selectFrom('audit')
      .selectAll()
      .where('account_id', '=', eve.accountId!)
      .execute();
    expect(record).toMatchObject({
      action: 'temporary-password-viewed',
      actor_kind: 'api',
      actor_name: 'Finn at the desk, by Vendor console',
    });
    expect((await call(token, 'POST', views, {})).status).toBe(400);
    await web.app.inject({
      method: 'POST',
      url: '/v1/logins',
      payload: { email: eve.email, password: eve.password!.open() },
    });
    expect(await call(token, 'POST', views, { viewer: 'Finn' })).toMatchObject({
      status: 409,
      json: { code: 'not-visible' },
    });
  });

  it('pages through all pet parents', async () => {
    for (let at = 0; at < 5; at++) await seedPerson(web, 'north', { account: false });
    const token = await tokenFor();
    const seen: string[] = [];
    let after = '';
    do {
      const page = await call(
        token,
        'GET',
        `/v1/pet-parents?limit=2${after ? `&after=${encodeURIComponent(after)}` : ''}`,
      );
      const json = page.json as unknown as { petParents: { client: string }[]; next: string | null };
      seen.push(...json.petParents.map(({ client }) => client));
      after = json.next ?? '';
    } while (after);
    const all = await web.deps.db
      .selectFrom('pims_clients')
      .select('pims_id')
      .where('practice_id', '=', 'north')
      .execute();
    expect(seen.sort()).toEqual(all.map(({ pims_id }) => pims_id).sort());
  });

  it('performs a write once per Idempotency-Key', async () => {
    const token = await tokenFor();
    const bob = await seedPerson(web, 'north');
    const resend = (key: string, payload: object = {}) =>
      call(token, 'POST', person(bob.pimsId, '/resends'), payload, { 'idempotency-key': key });
    const first = await resend('one');
    expect(first.status).toBe(202);
    expect(await resend('one')).toEqual(first);
    const resent = await web.deps.db
      .selectFrom('audit')
      .select('id')
      .where('account_id', '=', bob.accountId!)
      .execute();
    expect(resent).toHaveLength(1);
    expect(await resend('one', { newPassword: true })).toMatchObject({
      status: 422,
      json: { code: 'idempotency-key-reused' },
    });
    const at = await Promise.all([resend('two'), resend('two'), resend('two')]);
    expect(at.filter(({ status }) => status === 202 || status === 409)).toHaveLength(3);
    expect(
      await web.deps.db.selectFrom('audit').select('id').where('account_id', '=', bob.accountId!).execute(),
    ).toHaveLength(2);
  });

  it('stores no response of a failed attempt, and none with a password', async () => {
    const token = await tokenFor();
    const gone = await seedPerson(web, 'north');
    const resend = () => call(token, 'POST', person(gone.pimsId, '/resends'), {}, { 'idempotency-key': 'k' });
    await web.deps.db
      .updateTable('accounts')
      .set({ closed_at: web.clock.now })
      .where('id', '=', gone.accountId!)
      .execute();
    expect(await resend()).toMatchObject({ status: 409, json: { code: 'account-closed' } });
    await web.deps.db.updateTable('accounts').set({ closed_at: null }).where('id', '=', gone.accountId!).execute();
    expect((await resend()).status).toBe(202);
    const view = { viewer: 'Finn' };
    await call(token, 'POST', person(gone.pimsId, '/temporary-password-views'), view, {
      'idempotency-key': 'v',
    });
    const kept = await web.deps.db.selectFrom('receipts').selectAll().execute();
    expect(JSON.stringify(kept)).not.toContain(gone.password!.open());
  });

  it('starts syncs and follows them', async () => {
    const token = await tokenFor();
    const asked = await call(token, 'POST', '/v1/syncs');
    const { runId } = asked.json as unknown as { runId: string };
    expect(web.asked).toContainEqual({ name: 'sync-practice', payload: { runId } });
    expect((await call(token, 'GET', `/v1/syncs/${runId}`)).json).toMatchObject({
      id: runId,
      state: 'queued',
      over: false,
    });
    expect((await call(token, 'GET', '/v1/syncs')).json).toMatchObject({ syncs: [{ id: runId }] });
    const other = await tokenFor(everything, 'south');
    expect((await call(other, 'GET', `/v1/syncs/${runId}`)).status).toBe(404);
    expect((await call(token, 'POST', person('4711', '/resyncs'))).status).toBe(202);
  });
});

describe('API: a Pet App that logs people in from its own server', () => {
  it('passes on their addresses, so that one attacker does not slow the other visitors', async () => {
    const token = await tokenFor(['logins:on-behalf']);
    const eve = await seedPerson(web, 'north');
    const logIn = (email: string, password: string, clientAddress: string) =>
      call(token, 'POST', '/v1/logins', { email, password, clientAddress });
    const statuses: number[] = [];
    for (let at = 0; at < 42; at++) statuses.push((await logIn(`guess${at}@example.com`, 'x', '198.51.100.9')).status);
    expect(statuses.slice(0, 40)).toEqual(Array(40).fill(401));
    expect(statuses.slice(40)).toEqual([429, 429]);
    expect((await logIn('other@example.com', 'x', '198.51.100.10')).status).toBe(401);
    expect((await logIn(eve.email, eve.password!.open(), '198.51.100.9')).status).toBe(201);
  });

  it('is trusted only with a token for it', async () => {
    const payload = { email: 'a@b.example', password: 'x', clientAddress: '198.51.100.11' };
    expect((await web.app.inject({ method: 'POST', url: '/v1/logins', payload })).statusCode).toBe(403);
    expect((await call(await tokenFor(['syncs:read']), 'POST', '/v1/logins', payload)).status).toBe(403);
  });
});

describe('API: the page of the tokens', () => {
  it('creates one that is shown once, and revokes it', async () => {
    await seedStaff(web, 'olive@north.example', 'owner', ['north']);
    const owner = visitor(web.app);
    await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
    const page = await owner.post('/staff/tokens', { practice: 'north', name: 'Till', scopes: 'syncs:read' });
    const [token] = /pims_[\w-]{43}/.exec(page.body)!;
    expect((await call(token, 'GET', '/v1/syncs')).status).toBe(200);
    const list = await owner.get('/staff/tokens');
    expect(list.body).toContain('Till');
    expect(list.body).not.toContain(token);
    const [, revoke] = /action="(\/staff\/tokens\/\w+\/revoke)"[^>]*Till/.exec(list.body)!;
    await owner.post(revoke!, { practice: 'north' }, '/staff/tokens');
    expect((await call(token, 'GET', '/v1/syncs')).status).toBe(401);
  });

  it('are only for owners', async () => {
    await seedStaff(web, 'max@north.example', 'manager', ['north']);
    const manager = visitor(web.app);
    await manager.post('/staff/sign-in', { email: 'max@north.example', password: staffPassword });
    expect((await manager.get('/staff/tokens')).statusCode).toBe(403);
  });
});

describe('API: forgotten passwords', () => {
  it('get the same response for every address', async () => {
    const answers = await Promise.all(
      [ada.email, 'nobody@example.com', 'no address'].map((email) =>
        web.app.inject({ method: 'POST', url: '/v1/password-resets', payload: { email } }),
      ),
    );
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    const dead = await web.app.inject({
      method: 'POST',
      url: '/v1/passwords',
      payload: { token: 'x', newPassword: 'y' },
    });
    expect([dead.statusCode, dead.json()]).toEqual([410, expect.objectContaining({ code: 'reset-token-dead' })]);
  });
});
