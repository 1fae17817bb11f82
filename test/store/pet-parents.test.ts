import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowPractices } from '../../src/store/allowed-practices.js';
import { searchPetParents } from '../../src/store/pet-parent-search.js';
import { loadPetParent } from '../../src/store/pet-parent-details.js';
import { listPetParents, type PetParentState, type StateFilter } from '../../src/store/pet-parents.js';
import type { WelcomeState } from '../../src/store/tables.js';
import { seedPerson, seedPractice } from '../web/support/seed.js';
import { testWeb, type TestWeb } from '../web/support/web.js';

let web: TestWeb;
const north = allowPractices(['north']);
const states: PetParentState[] = [
  'on-hold', 'not-invited', 'waiting', 'sending', 'invited', 'bounced', 'expired', 'started', 'active',
]; // prettier-ignore

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

describe('the list', () => {
  it('gives everyone exactly one state, the same in SQL as in words', async () => {
    const mails: WelcomeState[] = ['owed', 'sending', 'uncertain', 'accepted', 'delivered', 'delayed', 'bounced', 'complained', 'rejected', 'failed', 'withdrawn', 'recalled']; // prettier-ignore
    for (const mail of mails) for (const days of [30, -1]) await seedPerson(web, 'north', { mail, days });
    for (const verdict of ['invite', 'hold', 'skip'] as const)
      await seedPerson(web, 'north', { account: false, verdict });
    const undecided = await seedPerson(web, 'north', { account: false });
    await web.deps.db
      .updateTable('pims_clients')
      .set({ verdict: null, reason: null })
      .where('pims_id', '=', undecided.pimsId)
      .execute();
    const set = async (values: object) => {
      const { accountId } = await seedPerson(web, 'north');
      await web.deps.db.updateTable('accounts').set(values).where('id', '=', accountId!).execute();
    };
    await set({ first_login_at: web.clock.now });
    await set({ first_login_at: web.clock.now, password_hash: 'x' });
    await set({ first_login_at: web.clock.now, confirmed_at: web.clock.now });
    const noMail = await seedPerson(web, 'north');
    await web.deps.db.deleteFrom('welcomes').where('account_id', '=', noMail.accountId!).execute();
    const noCredential = await seedPerson(web, 'north');
    await web.deps.db
      .deleteFrom('temporary_credentials')
      .where('account_id', '=', noCredential.accountId!)
      .execute();
    const destroyed = await seedPerson(web, 'north');
    await web.deps.credentials.destroy(web.deps.db, destroyed.accountId!, 'erased');

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
    expect(never.every(({ firstLoginAt, accountId }) => firstLoginAt === null && accountId !== null)).toBe(
      true,
    );
  });

  it('pages by key through all of them once, in the order of names, whatever the names are', async () => {
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

  it('starts at the beginning for a key that is none', async () => {
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

describe('the search', () => {
  beforeAll(async () => {
    await seedPerson(web, 'north', {
      pimsId: 'smith', firstName: 'Johanna', lastName: 'Smithers', email: 'jo.smithers@mail.example', phone: '+14155550188',
      pets: [{ name: 'Winnie' }],
    }); // prettier-ignore
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
    ['the phone as people write it', '(415) 555-0188'],
    ['the phone with its country', '+1 415-555-0188'],
    ['the start of the phone', '415555018'],
    ['the end of the phone', '0188'],
    ['the pet', 'winn'],
    ['the client number', 'Dsmith'],
    ['a slip in the name', 'Smithirs'],
    ['another slip', 'Smyters'],
    ['spaces around', '  smithers  '],
  ])('finds someone by %s', async (_how, text) => {
    expect(await search(text)).toContain('Johanna Smithers');
  });

  it('does not care for accents', async () => {
    expect(await search('nunez')).toEqual(['José Núñez']);
  });

  it('takes signs as signs, not as patterns', async () => {
    expect(await search('100%_s')).toEqual(['Percy 100%_sure\\']);
    expect(await search('%')).toEqual([]);
    expect(await search('_________')).toEqual([]);
    expect(await search('\\')).toEqual([]);
    expect(await search("'; DROP TABLE accounts; --")).toEqual([]);
  });

  it('finds nobody by nothing, and nobody of another practice', async () => {
    expect(await search('   ')).toEqual([]);
    expect(await search('other@mail.example')).toEqual([]);
    expect(await search('0188')).toEqual(['Johanna Smithers']);
    await expect(search('smith', north, 'south')).rejects.toMatchObject({ code: 'not-found' });
  });
});
