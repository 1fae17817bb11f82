import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import { createApiToken } from '../../src/store/access/api-tokens.js';
import { insertMany } from '../../src/store/db/database.js';
import type { SyncState } from '../../src/store/db/tables.js';
import { seedPerson, seedPractice, seedRun, seedStaff, staffPassword } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let manager: Visitor;
let careful = true;

beforeAll(async () => {
  web = await testWeb((deps) => ({
    practice: (id) => {
      const info = deps.practice(id);
      return info && { ...info, careful, welcome: id === 'manual' ? 'manual' : 'after-approval' };
    },
  }));
  for (const id of ['first', 'elm', 'anyway', 'never', 'manual'])
    await seedPractice(web.deps.db, id, `Practice ${id}`, false);
  await seedStaff(web, 'mia@elm.example', 'manager', ['first', 'elm', 'anyway', 'never', 'manual']);
  manager = visitor(web.app);
  await manager.post('/staff/sign-in', { email: 'mia@elm.example', password: staffPassword });
});
afterAll(() => web?.close());

const plan = async (practice: string, more = '') => {
  const { body } = await manager.get(`/staff/email-marketing/plan?practice=${practice}${more}`);
  return body
    .slice(body.indexOf('<main'))
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
};
const run = (practice: string, minutesAgo: number, state: SyncState, counts = {}) =>
  seedRun(web, practice, state, { minutesAgo, counts });
/** Returns the plan of `first` as JSON. */
const api = async () => {
  const token = { practiceId: 'first', name: 'Console', scopes: ['pet-parents:read'], days: 1 };
  const by = { kind: 'operator', id: null, name: 'test' } as const;
  const secret = await createApiToken(web.deps.db, token, actOf(by, web.clock.now));
  const headers = { authorization: `Bearer ${secret.open()}` };
  return (await web.app.inject({ method: 'GET', url: '/v1/plan', headers })).json() as object;
};
const setRun = (id: string, state: SyncState) =>
  web.deps.db.updateTable('sync_runs').set({ state, finished_at: web.clock.now }).where('id', '=', id).execute();
const someone = (practice: string, reason: string, more = {}) =>
  seedPerson(web, practice, {
    account: false,
    verdict: reason === 'eligible' ? 'invite' : 'hold',
    reason,
    ...more,
  });

describe('console: the plan during and after a first import', () => {
  it('invite plan: says that the read is in progress, and cannot be approved before its end', async () => {
    const nothing = await plan('first');
    expect(nothing).toContain('There is no plan yet');
    expect(nothing).not.toMatch(/Approve and invite|would get an account/);
    const id = await run('first', 1, 'reading', { read: 1200 });
    await someone('first', 'eligible');
    const reading = await plan('first');
    expect(reading).toContain('The first sync is running: 1,200 clients so far.');
    expect(reading).toContain('You can approve it once the sync is done.');
    expect(reading).not.toContain('Approve and invite');
    await setRun(id, 'failed');
    const half = await plan('first');
    expect(half).toContain('No full sync has finished yet: this is only a part of the practice.');
    expect(half).not.toMatch(/Approve and invite|would get an account/);
    expect(await api()).toMatchObject({ complete: false, mayBeApproved: false });
    await setRun(id, 'done');
    const done = await plan('first');
    expect(done).not.toMatch(/first sync is running|only a part of|since the previous sync/i);
    expect(done).toContain('Approve and invite');
    expect(await api()).toMatchObject({ complete: true, mayBeApproved: true, waiting: 1, addresses: 1 });
  });

  it.each(['no run', 'queued', 'failed', 'reading'] as const)(
    'invite plan: the form is refused, too, if there is no full scan but %s',
    async (state) => {
      await web.deps.db.deleteFrom('sync_runs').where('practice_id', '=', 'never').execute();
      if (state !== 'no run') await run('never', 1, state, { read: 10 });
      const page = '/staff/email-marketing/plan?practice=never';
      const { headers } = await manager.post('/staff/email-marketing/approve', { practice: 'never' }, page);
      expect((await manager.get(headers.location as string)).body).toContain('There is no plan to approve yet.');
      const { approved_at } = await web.deps.db
        .selectFrom('practices')
        .select('approved_at')
        .where('id', '=', 'never')
        .executeTakeFirstOrThrow();
      expect(approved_at).toBeNull();
    },
  );
});

describe('console: the plan', () => {
  beforeAll(async () => {
    await run('elm', 600, 'done');
    await run('elm', 10, 'done', { unreadable: 2 });
    const old = new Date(web.clock.now.getTime() - 3_600_000);
    for (let n = 0; n < 3; n++) await someone('elm', 'eligible', { email: 'family@post.example', lastName: `Fam${n}` });
    await someone('elm', 'duplicate-suspect', {
      lastName: 'Twin',
      sentence: 'Client 13 has the same name and phone but another email.',
    });
    await web.deps.db.updateTable('pims_clients').set({ decided_at: old }).where('practice_id', '=', 'elm').execute();
    await someone('elm', 'eligible', { email: 'new@post.example', firstName: 'Nina', lastName: 'New' });
  });

  it('invite plan: distinguishes clients and addresses, and names what it leaves out', async () => {
    const page = await plan('elm');
    expect(page).toContain(
      '4 clients would get an account and a Welcome Email, at 2 addresses: clients who share an address share one account',
    );
    expect(page).toContain('2 records could not be read and are not included.');
  });

  it('invite plan: shows the differences from the last plan', async () => {
    const page = await plan('elm', '&reason=eligible');
    expect(page).toContain('1 is new or changed since the previous sync: the numbers with a +.');
    expect(page).toMatch(/Will be invited \+1 since the previous sync, total 4/);
    expect(page).toMatch(/Nina New New new@post\.example/);
    expect(page.match(/ New [a-z]+@/g)).toHaveLength(1);
  });

  it('invite plan: shows each invited address, and the reason of each client who is not invited', async () => {
    const invited = await plan('elm', '&reason=eligible');
    expect(invited.match(/family@post\.example/g)).toHaveLength(3);
    expect(invited.match(/Everything is in order/g)).toHaveLength(1 + 4);
    expect(await plan('elm', '&reason=duplicate-suspect')).toContain('Client 13 has the same name and phone');
  });

  it('invite plan: pages through all clients, a hundred at a time', async () => {
    const rows = Array.from({ length: 205 }, (_, n) => ({
      practice_id: 'elm',
      pims_id: `many-${n}`,
      fingerprint: Buffer.alloc(16),
      last_name: `M${1000 + n}`,
      record: '{}',
      first_seen_at: web.clock.now,
      changed_at: web.clock.now,
      living: 1,
      needs_evaluation: 0,
      verdict: 'skip',
      reason: 'no-email',
    }));
    await insertMany(web.deps.db, 'pims_clients', rows as never);
    const one = await plan('elm', '&reason=no-email');
    expect(one).toContain('1 to 100 of 205, by name.');
    expect(one).toContain('no usable address, client many-0');
    const last = await plan('elm', '&reason=no-email&from=200');
    expect(last).toMatch(/201 to 205 of 205.*M1204.*Previous 100/);
    expect(last).not.toContain('Next');
  });

  it('plan: says before and after the approval what happens to the emails', async () => {
    expect(await plan('elm')).toContain('A few emails go out first, and their bounces are watched');
    careful = false;
    expect(await plan('elm')).toContain('They go out one after the other.');
    await manager.post('/staff/email-marketing/pause', { practice: 'elm' }, '/staff/email-marketing?practice=elm');
    expect(await plan('elm')).toContain('no email goes out until mail is resumed');
    const approve = async () => {
      const list = '/staff/email-marketing/plan?practice=elm';
      const { headers } = await manager.post('/staff/email-marketing/approve', { practice: 'elm' }, list);
      await web.deps.db.updateTable('practices').set({ approved_at: null }).where('id', '=', 'elm').execute();
      return (await manager.get(headers.location as string)).body;
    };
    expect(await approve()).toContain('Accounts are being created. Mail is paused');
    await manager.post('/staff/email-marketing/resume', { practice: 'elm' }, '/staff/email-marketing?practice=elm');
    expect(await approve()).toContain('the emails go out one after the other');
    careful = true;
    expect(await approve()).toContain('Their bounces are watched before the rest follows.');
  });
});

describe('console: a practice that approves each time', () => {
  const page = '/staff/email-marketing/plan?practice=manual';
  const approve = async () => {
    const { headers } = await manager.post('/staff/email-marketing/approve', { practice: 'manual' }, page);
    return (await manager.get(headers.location as string)).body;
  };

  it('invite plan: shows clients since the last approval, and can approve them', async () => {
    await run('manual', 10, 'done');
    await someone('manual', 'eligible');
    expect(await plan('manual')).toMatch(
      /1 client would get an account .* Later clients wait until you approve again\./,
    );
    careful = false;
    expect(await approve()).toContain('Later clients wait until you approve again.');
    careful = true;
    const approved = await plan('manual');
    expect(approved).toContain('Later clients wait until you approve again. No client is waiting now.');
    expect(approved).not.toMatch(/Approve and invite|are invited after each sync/);

    web.clock.forward(60);
    await someone('manual', 'eligible', { lastName: 'Later' });
    const later = await plan('manual');
    expect(later).toContain('1 new client would get an account and a Welcome Email.');
    expect(later).toContain('Invited, or waiting for approval 2');
    expect(later).toContain('Approve and invite');
    await web.deps.db
      .updateTable('pims_clients')
      .set({ needs_evaluation: 0 })
      .where('practice_id', '=', 'manual')
      .execute();
    await approve();
    const asked = await web.deps.db
      .selectFrom('pims_clients')
      .select(['last_name', 'needs_evaluation'])
      .where('practice_id', '=', 'manual')
      .orderBy('needs_evaluation')
      .execute();
    expect(asked).toEqual([
      expect.objectContaining({ needs_evaluation: 0 }),
      { last_name: 'Later', needs_evaluation: 1 },
    ]);
    expect(await plan('manual')).toContain('No client is waiting now.');
  });
});

describe('console: the plan as a file', () => {
  const file = () =>
    manager.post('/staff/email-marketing/plan.csv', { practice: 'elm' }, '/staff/email-marketing/plan?practice=elm');

  it('invite plan: the file has every client with the reason in words, runs no formula, and is recorded', async () => {
    await someone('elm', 'no-email', { firstName: '=HYPERLINK("x")', lastName: 'Mal', sentence: null });
    expect(await plan('elm')).toContain('Export all clients with reasons as CSV');
    const { body, headers } = await file();
    expect(headers['content-type']).toContain('text/csv');
    expect(headers['content-disposition']).toContain('invite-plan-elm.csv');
    const [head, ...lines] = body.trimEnd().split('\r\n');
    expect(head).toBe('\ufeffClient number,Name,Email,Verdict,Reason,Explanation,Decided at');
    const { n } = await web.deps.db
      .selectFrom('pims_clients')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('practice_id', '=', 'elm')
      .executeTakeFirstOrThrow();
    expect(lines).toHaveLength(Number(n));
    expect(body).toMatch(/,"'=HYPERLINK\(""x""\) Mal",[^,]*,on hold,No email address,/);
    expect(body).toMatch(
      /Twin,[^,]*,on hold,Probably entered twice,Client 13 has the same name and phone but another email\.,/,
    );
    const noted = await web.deps.db
      .selectFrom('audit')
      .select(['action', 'details'])
      .where('practice_id', '=', 'elm')
      .where('action', '=', 'list-exported')
      .execute();
    expect(noted.map(({ details }) => JSON.parse(details as string))).toEqual([
      expect.objectContaining({ state: 'invite plan' }),
    ]);
  });

  it('invite plan: the file is written page by page', async () => {
    const rows = Array.from({ length: 1100 }, (_, n) => ({
      practice_id: 'elm',
      pims_id: `page-${n}`,
      fingerprint: Buffer.alloc(16),
      last_name: `P${n}`,
      record: '{}',
      first_seen_at: web.clock.now,
      changed_at: web.clock.now,
      living: 1,
      needs_evaluation: 0,
      verdict: 'skip',
      reason: 'no-email',
    }));
    await insertMany(web.deps.db, 'pims_clients', rows as never);
    const { body } = await file();
    const named = new Set(
      body
        .split('\r\n')
        .map((line) => /^page-\d+/.exec(line)?.[0])
        .filter(Boolean),
    );
    expect(named.size).toBe(1100);
  });
});

it('invite plan: a recall shows the numbers of recalled and already sent emails', async () => {
  for (const mail of ['queued', 'queued', 'delivered', 'bounced', 'sending'] as const)
    await seedPerson(web, 'first', { mail });
  const list = '/staff/email-marketing?practice=first';
  const recall = async () => {
    const { headers } = await manager.post('/staff/email-marketing/recall', { practice: 'first' }, list);
    return (await manager.get(headers.location as string)).body;
  };
  const first = await recall();
  expect(first).toContain('Recalled emails: 2.');
  expect(first).toContain('so they cannot be recalled: 3.');
  expect(await recall()).toContain('No email was waiting');
  // A URL can put only a number on the page.
  const { body } = await manager.get(`${list}&told=recalled&n=${encodeURIComponent('<b>many')}&m=12345`);
  expect(body).toContain('Recalled emails: 0.');
  expect(body).toContain('12,345');
});

describe('console: a client who a rule holds back', () => {
  const allowed = async (pimsId: string) =>
    web.deps.db
      .selectFrom('pims_clients')
      .select(['allowed', 'needs_evaluation'])
      .where('practice_id', '=', 'anyway')
      .where('pims_id', '=', pimsId)
      .executeTakeFirstOrThrow();

  it('override: staff can invite a held client, and can undo that', async () => {
    await run('anyway', 5, 'done');
    const { pimsId } = await someone('anyway', 'duplicate-suspect');
    const page = `/staff/pet-parents/anyway/${pimsId}`;
    expect((await manager.get(page)).body).toContain('Invite anyway');
    const reason = 'duplicate-suspect';
    const flash = await manager.post(`${page}/anyway`, { reason }, page);
    expect(flash.headers.location).toBe(`${page}?told=allowed-anyway`);
    expect(web.asked.at(-1)).toEqual({ name: 'evaluate-practice', payload: { practiceId: 'anyway' } });
    expect(await allowed(pimsId)).toEqual({ allowed: reason, needs_evaluation: 1 });
    const after = (await manager.get(page)).body;
    expect(after).toContain('Staff decided to invite this client anyway, although: Probably entered twice.');
    expect(after).not.toContain('Invite anyway');

    await manager.post(`${page}/not-anyway`, { reason }, page);
    expect(await allowed(pimsId)).toEqual({ allowed: null, needs_evaluation: 1 });
    const trail = await web.deps.db
      .selectFrom('audit')
      .select(['action', 'details'])
      .where('practice_id', '=', 'anyway')
      .where('action', '!=', 'staff-created')
      .orderBy('id')
      .execute();
    expect(trail.map(({ action }) => action)).toEqual(['invited-anyway', 'rule-active-again']);
    expect(JSON.parse(trail[0]?.details as string)).toEqual({ client: pimsId, reason });
    const history = (await manager.get('/staff/history?practice=anyway')).body;
    expect(history).toMatch(new RegExp(`Rule overridden for a client.{0,200}Client ${pimsId}`));
    expect(history).toContain('Probably entered twice');
  });

  it('override: not possible if the rule allows none, the reason has changed, or a sync is reading', async () => {
    const strict = await someone('anyway', 'no-email');
    const page = `/staff/pet-parents/anyway/${strict.pimsId}`;
    expect((await manager.get(page)).body).not.toContain('Invite anyway');
    const refused = await manager.post(`${page}/anyway`, { reason: 'no-email' }, page);
    expect(refused.headers.location).toContain('told=changed-meanwhile');
    const held = await someone('anyway', 'grief-hold');
    const other = `/staff/pet-parents/anyway/${held.pimsId}`;
    const stale = await manager.post(`${other}/anyway`, { reason: 'duplicate-suspect' }, other);
    expect(stale.headers.location).toContain('told=changed-meanwhile');
    await run('anyway', 0, 'reading');
    const busy = await manager.post(`${other}/anyway`, { reason: 'grief-hold' }, other);
    expect(busy.headers.location).toContain('told=sync-in-progress');
    expect(await allowed(held.pimsId)).toEqual({ allowed: null, needs_evaluation: 0 });
  });
});
