import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import { searchPetParents } from '../../../src/store/pet-parents/pet-parent-search.js';
import { loadPetParent } from '../../../src/store/pet-parents/pet-parent-details.js';
import { listPetParents, type StateFilter } from '../../../src/store/pet-parents/pet-parent-list.js';
import type { PetParentState } from '../../../src/store/pet-parents/pet-parents.js';
import type { MessageStatus } from '../../../src/store/db/tables.js';
import { insertMany } from '../../../src/store/db/database.js';
import { seedPerson, seedPractice } from '../../web/support/seed.js';
import { testWeb, type TestWeb } from '../../web/support/web.js';

let web: TestWeb;
const north = allowPractices(['north']);
const states: PetParentState[] = [
  'on-hold',
  'not-invited',
  'waiting',
  'sending',
  'invited',
  'bounced',
  'expired',
  'started',
  'active',
];

beforeAll(async () => {
  web = await testWeb();
  await seedPractice(web.deps.db, 'north');
  await seedPractice(web.deps.db, 'south');
});
afterAll(() => web.close());

const list = async (state: StateFilter | null, after: string | null = null, limit = 500) =>
  listPetParents(web.deps.db, north, { practiceId: 'north', state, after, limit }, web.clock.now);
const search = async (text: string, allowed = north, practiceId = 'north') =>
  (await searchPetParents(web.deps.db, allowed, practiceId, text, 40, web.clock.now)).map(({ name }) => name);

describe('pet parents: the list', () => {
  it('gives every pet parent exactly one state, the same in SQL and in words', async () => {
    const mails: MessageStatus[] = [
      'queued',
      'sending',
      'uncertain',
      'accepted',
      'delivered',
      'delayed',
      'bounced',
      'complained',
      'rejected',
      'failed',
      'canceled',
      'recalled',
    ];
    for (const mail of mails) for (const days of [30, -1]) await seedPerson(web, 'north', { mail, days });
    for (const verdict of ['invite', 'hold', 'skip'] as const)
      await seedPerson(web, 'north', { account: false, verdict });
    const needs_evaluation = await seedPerson(web, 'north', { account: false });
    await web.deps.db
      .updateTable('pims_clients')
      .set({ verdict: null, reason: null })
      .where('pims_id', '=', needs_evaluation.pimsId)
      .execute();
    const set = async (values: object) => {
      const { accountId } = await seedPerson(web, 'north');
      await web.deps.db.updateTable('accounts').set(values).where('id', '=', accountId!).execute();
    };
    await set({ first_login_at: web.clock.now });
    await set({ first_login_at: web.clock.now, password_hash: 'x' });
    await set({ first_login_at: web.clock.now, confirmed_at: web.clock.now });
    const noMail = await seedPerson(web, 'north');
    await web.deps.db.deleteFrom('messages').where('account_id', '=', noMail.accountId!).execute();
    const noCredential = await seedPerson(web, 'north');
    await web.deps.db.deleteFrom('temporary_credentials').where('account_id', '=', noCredential.accountId!).execute();
    const destroyed = await seedPerson(web, 'north');
    await web.deps.credentials.clear(web.deps.db, destroyed.accountId!, 'erased');

    const everyone = (await list(null)).lines;
    const byFilter = new Map<string, PetParentState>();
    for (const state of states) {
      for (const line of (await list(state)).lines) {
        expect(line.state).toBe(state);
        expect(byFilter.has(line.pimsId)).toBe(false);
        byFilter.set(line.pimsId, state);
      }
    }
    expect(byFilter.size).toBe(everyone.length);
    expect(new Set(byFilter.values())).toEqual(new Set(states));
    const never = (await list('never-logged-in')).lines;
    expect(never.every(({ firstLoginAt, accountId }) => firstLoginAt === null && accountId !== null)).toBe(true);
  });

  it('pages through all of them once by key, in the order of names, with any names', async () => {
    for (const lastName of ['Émile', 'emile', 'EMILE', 'Zoë', "O'Brien", '', 'Ångström', '李']) {
      await seedPerson(web, 'north', {
        lastName,
        firstName: 'Same',
        account: false,
        email: `n${Math.random()}@example.com`,
      });
    }
    const whole = (await list(null)).lines.map(({ pimsId }) => pimsId);
    const paged: string[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(null, after, 3);
      paged.push(...page.lines.map(({ pimsId }) => pimsId));
      after = page.next;
    } while (after);
    expect(paged).toEqual(whole);
    expect(new Set(paged).size).toBe(whole.length);
  });

  it('starts at the beginning for an invalid key', async () => {
    expect((await list(null, 'not-a-key')).lines.length).toBe((await list(null)).lines.length);
    expect((await list(null, Buffer.from('{"a":1}').toString('base64url'))).lines.length).toBeGreaterThan(0);
  });

  it('refuses a practice that is not allowed', async () => {
    const asked = { practiceId: 'south', state: null, after: null, limit: 5 };
    await expect(listPetParents(web.deps.db, north, asked, web.clock.now)).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(loadPetParent(web.deps.db, north, 'south', '1', web.clock.now)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('pet parents: the list of a large practice', () => {
  const east = allowPractices(['east']);
  const page = async (state: StateFilter, after: string | null) =>
    listPetParents(web.deps.db, east, { practiceId: 'east', state, after, limit: 25 }, web.clock.now);

  beforeAll(async () => {
    await seedPractice(web.deps.db, 'east');
    const now = web.clock.now;
    const rows = Array.from({ length: 3100 }, (_, n) => ({
      practice_id: 'east',
      pims_id: `row-${n}`,
      fingerprint: Buffer.alloc(16),
      last_name: `Name ${10_000 + n}`,
      record: '{}',
      first_seen_at: now,
      changed_at: now,
      living: 1,
      needs_evaluation: 0,
      verdict: n < 1100 ? 'hold' : 'skip',
      reason: 'no-email',
    }));
    await insertMany(web.deps.db, 'pims_clients', rows as never);
    await seedPerson(web, 'east', { lastName: 'Zuletzt', days: -1 });
    await seedPerson(web, 'east', { lastName: 'Zuletzt too', days: -1, mail: 'bounced' });
  });

  it('pet parent list: reads a limited number of rows for a page, and says how far it searched', async () => {
    const first = await page('expired', null);
    expect(first).toMatchObject({ lines: [], lookedUpTo: 'Name 12999' });
    const second = await page('expired', first.next);
    expect(second).toMatchObject({ lines: [{ lastName: 'Zuletzt' }], next: null, lookedUpTo: null });
  });

  it('begins with the few pet parents who are known to have a rare state', async () => {
    expect(await page('bounced', null)).toMatchObject({ lines: [{ lastName: 'Zuletzt too' }], next: null });
    expect(await page('waiting', null)).toMatchObject({ lines: [], next: null, lookedUpTo: null });
  });

  it('fills its pages if many have the state', async () => {
    const first = await page('on-hold', null);
    expect(first).toMatchObject({ lookedUpTo: null });
    expect(first.lines.map(({ lastName }) => lastName).slice(0, 2)).toEqual(['Name 10000', 'Name 10001']);
    expect(first.lines).toHaveLength(25);
    const second = await page('on-hold', first.next);
    expect(second.lines[0]?.lastName).toBe('Name 10025');
  });
});

describe('pet parents: the search', () => {
  beforeAll(async () => {
    await seedPerson(web, 'north', {
      pimsId: 'smith',
      firstName: 'Johanna',
      lastName: 'Smithers',
      email: 'jo.smithers@mail.example',
      phone: '+14155550188',
      pets: [{ name: 'Winnie' }],
    });
    await seedPerson(web, 'north', {
      firstName: 'Percy',
      lastName: '100%_sure\\',
      email: 'percy@mail.example',
    });
    await seedPerson(web, 'north', { firstName: 'José', lastName: 'Núñez', email: 'jn@mail.example' });
    await seedPerson(web, 'south', {
      firstName: 'Johanna',
      lastName: 'Smithers',
      email: 'other@mail.example',
      phone: '+14155550188',
    });
  });

  it.each([
    ['the start of the last name', 'smit'],
    ['another case', 'SMITHERS'],
    ['the first name', 'johanna'],
    ['first name and the start of the last', 'johanna smi'],
    ['last name and the start of the first', 'smithers joh'],
    ['last name, comma, first name', 'Smithers, Johanna'],
    ['the start of the email', 'jo.smith'],
    ['the whole email', 'Jo.Smithers@mail.example'],
    ['the phone as it is usually written', '(415) 555-0188'],
    ['the phone with its country', '+1 415-555-0188'],
    ['the start of the phone', '415555018'],
    ['the end of the phone', '0188'],
    ['the pet', 'winn'],
    ['the client number', 'Dsmith'],
    ['a typo in the name', 'Smithirs'],
    ['another slip', 'Smyters'],
    ['spaces around', '  smithers  '],
  ])('finds a pet parent by %s', async (_how, text) => {
    expect(await search(text)).toContain('Johanna Smithers');
  });

  it('finds a client without an account by each phone in the PIMS, and a company by its name', async () => {
    const row = await seedPerson(web, 'north', { account: false, firstName: 'Otto', lastName: 'Ohnekonto' });
    const phones = {
      phone_tail: '77105555141',
      other_phone_tail: '6543210394',
      third_phone_tail: '99105555141',
    };
    const company = { ...phones, first_name: null, last_name: null, company_name: 'Happy Paws Kennels' };
    const set = (values: object) =>
      web.deps.db.updateTable('pims_clients').set(values).where('pims_id', '=', row.pimsId).execute();
    await set(phones);
    for (const text of ['0177', '(415) 555-0177', '1-415-555-0177', '030 123456', '+49 30 123456', '3456', '0199'])
      expect([text, await search(text)]).toEqual([text, ['Otto Ohnekonto']]);
    await set({ ...company, record: JSON.stringify({ companyName: 'Happy Paws Kennels' }) });
    expect(await search('happy p')).toEqual(['Happy Paws Kennels']);
    const named = (await list(null)).lines.map(({ name }) => name);
    expect(named.indexOf('Happy Paws Kennels')).toBeGreaterThan(named.indexOf('Same emile'));
  });

  it('ignores accents', async () => {
    expect(await search('nunez')).toEqual(['José Núñez']);
  });

  it('treats special characters literally, not as patterns', async () => {
    expect(await search('100%_s')).toEqual(['Percy 100%_sure\\']);
    expect(await search('%')).toEqual([]);
    expect(await search('_________')).toEqual([]);
    expect(await search('\\')).toEqual([]);
    expect(await search("'; DROP TABLE accounts; --")).toEqual([]);
  });

  it('finds no one for an empty search, and no one of another practice', async () => {
    expect(await search('   ')).toEqual([]);
    expect(await search('other@mail.example')).toEqual([]);
    expect(await search('0188')).toEqual(['Johanna Smithers']);
    await expect(search('smith', north, 'south')).rejects.toMatchObject({ code: 'not-found' });
  });
});
