import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import type { Client } from '../../src/domain/client/client.js';
import type { Pet } from '../../src/domain/client/pet.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { takeOffAccount } from '../../src/store/accounts/links.js';
import { loadPetParent } from '../../src/store/pet-parents/pet-parent-details.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { createOutbox } from '../../src/store/messages/outbox.js';
import { requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { runSync } from '../../src/sync/run-sync.js';
import { client, pims } from '../sync/support/pims.js';
import { syncedPractice } from '../support/synced-practice.js';
import { syncDeps } from '../sync/support/sync-deps.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let practices = 0;
let people = 0;
beforeAll(async () => {
  web = await testWeb();
});
afterAll(() => web.close());

const newPassword = 'velvet canyon trumpet 7';
const clock = () => new Date();
const email = ({ emails }: Client) => emails[0]!;
type ApiPet = { key: string; name: string; passed: boolean };

/** Makes a practice for each test. */
async function practice() {
  const id = `practice-${++practices}`;
  await ensurePractices(web.deps.db, [{ id, name: id, timeZone: 'America/Chicago' }], clock());
  return {
    id,
    /** Runs one nightly sync of these rows. */
    async night(...rows: Client[]): Promise<void> {
      const { db, newId } = web.deps;
      const { runId } = await requestSync(db, { practiceId: id, kind: 'resync', by: 'a test' }, newId, clock);
      const run = await runSync(
        syncDeps(db, newId, clock),
        syncedPractice(pims(rows), { id, name: id, pageSize: 100 }),
        runId,
        { signal: new AbortController().signal, isFinalAttempt: false },
      );
      expect(run.state).toBe('done');
    },
  };
}

/** Makes a client with pets of these names; the same number gives the same person. */
function someone(...names: string[]): { row: Client; pet(at: number, more: Partial<Pet>): Client } {
  const row = client(++people);
  const pets = names.map((name, at) => ({ ...row.pets[0]!, pimsId: `p${people}-${at}`, name }));
  // The name that `confirm` gives: another one would have to be confirmed by staff.
  const whole = { ...row, lastName: 'Fell', pets };
  return {
    row: whole,
    pet: (at, more) => ({ ...whole, pets: pets.map((pet, n) => (n === at ? { ...pet, ...more } : pet)) }),
  };
}

/** Returns the same person and pets under other numbers. */
const typedAgain = (row: Client): Client => ({
  ...row,
  pimsId: `9${row.pimsId}`,
  displayId: `9${row.displayId}`,
  createdOn: '2026-11-02',
  pets: row.pets.map((pet) => ({ ...pet, pimsId: `9${pet.pimsId}` })),
});

const dead: Partial<Pet> = { status: 'deceased', diedOn: '2026-11-27' };

async function accountOf(address: string): Promise<string> {
  const { id } = await web.deps.db
    .selectFrom('accounts')
    .select('id')
    .where('email', '=', address)
    .executeTakeFirstOrThrow();
  return id;
}

async function api<T>(method: 'GET' | 'POST', url: string, token: string | null, payload?: object) {
  const answer = await web.app.inject({
    method,
    url,
    remoteAddress: `192.0.2.${++people % 250}`,
    ...(payload ? { payload } : {}),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  expect(answer.statusCode < 300 || answer.body).toBe(true);
  return answer.json<T>();
}

/** Logs in with the temporary password and returns the session. */
async function begin(address: string): Promise<string> {
  const shown = await web.deps.credentials.show(await accountOf(address));
  const password = shown.visible ? shown.password.open() : '';
  const { session } = await api<{ session: { token: string } }>('POST', '/v1/logins', null, {
    email: address,
    password,
  });
  return session.token;
}

const offered = async (token: string) => (await api<{ pets: ApiPet[] }>('GET', '/v1/first-login', token)).pets;

/** Confirms the offered pets, changed by `change`, and returns the next session. */
async function confirm(token: string, change: (pet: ApiPet) => object = () => ({})): Promise<string> {
  const pets = (await offered(token)).map((pet) => ({ ...pet, ...change(pet) }));
  const profile = { firstName: 'Ann', lastName: 'Fell', phone: null, pets, newPassword };
  const done = await api<{ session: { token: string } }>('POST', '/v1/first-login', token, profile);
  return done.session.token;
}

const names = async (token: string) =>
  (await offered(token)).map(({ name, passed }) => (passed ? `${name} (passed)` : name)).sort();

/** Returns the pets on the page of the Pet App: listed and remembered ones. */
async function home(address: string): Promise<{ pets: string[]; remembered: string }> {
  const who = await loggedIn(address, newPassword);
  const { body } = await who.get('/app/home');
  const [, mine = '', memory = ''] = body.split(/<h2>(?:My pets|In loving memory|My practice)<\/h2>/);
  const pets = [...mine.matchAll(/tile-title">([^<]*)</g)].map(([, name]) => name as string).sort();
  return { pets, remembered: body.includes('In loving memory') ? memory.replaceAll(/<[^>]+>/g, '') : '' };
}

async function loggedIn(address: string, password: string): Promise<Visitor> {
  const who = visitor(web.app, `198.51.100.${++people % 250}`);
  expect((await who.post('/app/login', { email: address, password })).statusCode).toBe(303);
  return who;
}

/** Returns the pets in an email of the practice to this account. */
async function emailed(address: string, practiceId: string): Promise<readonly string[]> {
  const { db, keyring, newId, credentials } = web.deps;
  const id = newId();
  const now = clock();
  const row = {
    id,
    practice_id: practiceId,
    account_id: await accountOf(address),
    client_pims_id: null,
    kind: 'practice-added',
    state: 'queued',
    due_at: now,
    created_at: now,
    changed_at: now,
    requested_by: 'Mia',
    urgent: 1,
    open_key: id,
  };
  await db
    .insertInto('messages')
    .values(row as never)
    .execute();
  const outbox = createOutbox({
    db,
    keyring,
    clock,
    newId,
    credentials,
    practice: () => ({ passwordDays: 30 }),
    resetHours: 1,
  });
  const [claimed] = await outbox.claimMany([id]);
  if (!claimed || !('claim' in claimed)) throw new Error(JSON.stringify(claimed));
  return [...claimed.claim.pets].sort();
}

/** Returns the text that staff see about the pets of a record. */
async function desk(practiceId: string, pimsId: string) {
  const details = await loadPetParent(web.deps.db, allowPractices([practiceId]), practiceId, pimsId, clock());
  return details?.pets.map(({ name, diedOn, confirmed }) => ({ name, diedOn, confirmed }));
}

describe('Pet App: a pet that died', () => {
  it('is no longer listed after the first login, and stays remembered', async () => {
    const elm = await practice();
    const { row, pet } = someone('Solo', 'Left');
    await elm.night(row);
    const token = await confirm(await begin(email(row)));
    await elm.night(pet(0, dead));
    expect(await names(token)).toEqual(['Left', 'Solo (passed)']);
    expect(await home(email(row))).toEqual({ pets: ['Left'], remembered: 'Solo' });
    expect(await emailed(email(row), elm.id)).toEqual(['Left']);
    expect(await desk(elm.id, row.pimsId)).toContainEqual({
      name: 'Solo',
      diedOn: '2026-11-27',
      confirmed: 'confirmed',
    });
  });

  it('leaves an empty list if it was the only one', async () => {
    const elm = await practice();
    const { row, pet } = someone('Solo');
    await elm.night(row);
    await confirm(await begin(email(row)));
    await elm.night(pet(0, { diedOn: '2026-11-27' }));
    expect(await home(email(row))).toEqual({ pets: [], remembered: 'Solo' });
  });

  it('is not offered if it dies between two steps of the first login', async () => {
    const elm = await practice();
    const { row, pet } = someone('Solo', 'Left');
    await elm.night(row);
    const shown = await web.deps.credentials.show(await accountOf(email(row)));
    const who = await loggedIn(email(row), shown.visible ? shown.password.open() : '');
    const key = (at: number) => `${elm.id}/${row.pets[at]!.pimsId}`;
    const first = { 'pet-0-key': key(0), 'pet-0-name': 'Solo', 'pet-0-species': 'dog' };
    const second = { 'pet-1-key': key(1), 'pet-1-name': 'Left', 'pet-1-species': 'dog' };
    await who.post('/app/first-login/pets', { ...first, ...second });
    await elm.night(pet(0, dead));
    const { body } = await who.get('/app/first-login/pets');
    expect(body).toContain('Left');
    expect(body).not.toContain('Solo');
    await who.post('/app/first-login/pets', {
      'pet-0-key': key(1),
      'pet-0-name': 'Left',
      'pet-0-species': 'dog',
    });
    await who.post('/app/first-login/password', { password: newPassword });
    expect(await home(email(row))).toEqual({ pets: ['Left'], remembered: 'Solo' });
  });

  it('is not living for another practice that does not know about the death yet', async () => {
    const [elm, oak] = [await practice(), await practice()];
    const { row, pet } = someone('Biscuit', 'Left');
    await elm.night(row);
    const token = await confirm(await begin(email(row)));
    await oak.night(typedAgain(row));
    await elm.night(pet(0, dead));
    expect(await names(token)).toEqual(['Biscuit (passed)', 'Left']);
    // An email waits while its client needs evaluation, which the next run ends.
    await oak.night(typedAgain(row));
    expect(await emailed(email(row), oak.id)).toEqual(['Left']);
  });

  it('closes the task about what the pet parent said', async () => {
    const elm = await practice();
    const { row, pet } = someone('Solo', 'Left');
    await elm.night(row);
    await confirm(await begin(email(row)), ({ name }) => ({ passed: name === 'Solo' }));
    const open = () =>
      web.deps.db
        .selectFrom('tasks')
        .select('sentence')
        .where('practice_id', '=', elm.id)
        .where('kind', '=', 'owner-says')
        .where('sentence', 'like', '%no longer with them%')
        .where('closed_at', 'is', null)
        .execute();
    expect(await open()).toHaveLength(1);
    await elm.night(pet(0, dead));
    expect(await open()).toEqual([]);
  });
});

describe('Pet App: a pet that no longer belongs to this client', () => {
  it('is not shown once the ownership has ended', async () => {
    const elm = await practice();
    const { row } = someone('Rover', 'Stays');
    await elm.night(row);
    const token = await confirm(await begin(email(row)));
    await elm.night({ ...row, pets: row.pets.slice(1) });
    expect(await names(token)).toEqual(['Stays']);
    expect((await home(email(row))).pets).toEqual(['Stays']);
  });

  it('is shown only to the client who has it now, even if the former record is deleted', async () => {
    const elm = await practice();
    const [giver, taker] = [someone('Rover'), someone('Own')];
    await elm.night(giver.row, taker.row);
    const tokens = [
      await confirm(await begin(email(giver.row))),
      await confirm(await begin(email(taker.row))),
    ] as const;
    const got = { ...taker.row, pets: [...taker.row.pets, ...giver.row.pets] };
    await elm.night({ ...giver.row, pets: [] }, got);
    expect(await names(tokens[0])).toEqual([]);
    expect(await names(tokens[1])).toEqual(['Own', 'Rover']);
    await elm.night(got);
    expect(await names(tokens[0])).toEqual([]);
  });

  it('account pets: not shown if the former record goes missing while the pet moves', async () => {
    const elm = await practice();
    const [giver, taker] = [someone('Rover'), someone('Own')];
    await elm.night(giver.row, taker.row);
    const token = await confirm(await begin(email(giver.row)));
    await elm.night({ ...taker.row, pets: [...taker.row.pets, ...giver.row.pets] });
    expect(await names(token)).toEqual([]);
  });

  it('is not shown if the PIMS marks the patient deleted, but is shown if it is only inactive', async () => {
    const elm = await practice();
    const { row, pet } = someone('Rover', 'Stays');
    await elm.night(row);
    const token = await confirm(await begin(email(row)));
    await elm.night(pet(0, { status: 'deleted' }));
    expect(await names(token)).toEqual(['Stays']);
    await elm.night(pet(0, { status: 'inactive' }));
    expect(await names(token)).toEqual(['Rover', 'Stays']);
    expect(await emailed(email(row), elm.id)).toEqual(['Stays']);
  });

  it('is not shown if staff take the record off the account', async () => {
    const [elm, oak] = [await practice(), await practice()];
    const [{ row }, { row: other }] = [someone('Rover'), someone('Theirs')];
    const theirs = { ...other, emails: row.emails };
    await elm.night(row);
    const token = await confirm(await begin(email(row)));
    await oak.night(theirs);
    expect(await names(token)).toEqual(['Rover', 'Theirs']);
    const about = { practiceId: oak.id, pimsId: theirs.pimsId, accountId: await accountOf(email(row)) };
    const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
    await takeOffAccount(web.deps.db, allowPractices([oak.id]), about, actOf(mia, clock()));
    expect(await names(token)).toEqual(['Rover']);
  });
});

describe('Pet App: one pet under two numbers', () => {
  const again: [string, (row: Client) => Client[]][] = [
    ['deleted and entered again', (row) => [typedAgain(row)]],
    ['marked as deleted and entered again', (row) => [{ ...row, deleted: true }, typedAgain(row)]],
    ['made inactive and entered again', (row) => [{ ...row, inactive: true }, typedAgain(row)]],
  ];

  it.each(again)('is shown once if its client is %s after the first login', async (_how, rows) => {
    const elm = await practice();
    const { row } = someone('Biscuit', 'Waffle');
    await elm.night(row);
    const token = await confirm(await begin(email(row)), ({ name }) =>
      name === 'Waffle' ? { name: 'Lady Waffle' } : {},
    );
    await elm.night(...rows(row));
    expect(await names(token)).toEqual(['Biscuit', 'Lady Waffle']);
    expect((await home(email(row))).pets).toEqual(['Biscuit', 'Lady Waffle']);
    expect(await emailed(email(row), elm.id)).toEqual(['Biscuit', 'Lady Waffle']);
    expect((await desk(elm.id, typedAgain(row).pimsId))?.map(({ confirmed }) => confirmed)).toEqual([
      'confirmed',
      'confirmed',
    ]);
  });

  it.each(again)('is offered once, by its new number, if its client is %s before', async (_how, rows) => {
    const elm = await practice();
    const { row } = someone('Biscuit');
    await elm.night(row);
    const token = await begin(email(row));
    const [before] = await offered(token);
    await elm.night(...rows(row));
    const pets = await offered(token);
    expect(pets.map(({ key }) => key)).toEqual([`${elm.id}/9${row.pets[0]!.pimsId}`]);
    // A form that was opened before still refers to the same pet.
    const after = await confirm(token, () => ({ key: before!.key, name: 'Biskit' }));
    expect(await names(after)).toEqual(['Biskit']);
  });

  it('stays passed under its new number if the pet parent said so', async () => {
    const elm = await practice();
    const { row } = someone('Biscuit', 'Waffle');
    await elm.night(row);
    const token = await confirm(await begin(email(row)), ({ name }) => ({ passed: name === 'Waffle' }));
    await elm.night(typedAgain(row));
    expect(await names(token)).toEqual(['Biscuit', 'Waffle (passed)']);
    expect((await home(email(row))).pets).toEqual(['Biscuit']);
    expect(await emailed(email(row), elm.id)).toEqual(['Biscuit']);
  });

  it.each([true, false])('is shown once after a move from practice A to B, first login before: %s', async (before) => {
    const [elm, oak] = [await practice(), await practice()];
    const { row } = someone('Wander');
    await elm.night(row);
    let token = await begin(email(row));
    if (before) token = await confirm(token);
    await oak.night(typedAgain(row));
    await elm.night({ ...row, inactive: true });
    expect(await names(token)).toEqual(['Wander']);
    if (!before) token = await confirm(token);
    expect(await names(token)).toEqual(['Wander']);
    expect((await home(email(row))).pets).toEqual(['Wander']);
  });

  it('is shown once after two clients with one email were merged', async () => {
    const elm = await practice();
    const { row } = someone('Biscuit');
    const double = typedAgain(row);
    await elm.night(row, double);
    const token = await begin(email(row));
    expect(await names(token)).toEqual(['Biscuit']);
    const after = await confirm(token);
    await elm.night({ ...double, pets: [...double.pets, ...row.pets] });
    await elm.night({ ...double, pets: row.pets });
    expect(await names(after)).toEqual(['Biscuit']);
  });

  it('is shown once if the pet parent had added it', async () => {
    const elm = await practice();
    const { row } = someone('Biscuit');
    await elm.night(row);
    const token = await begin(email(row));
    const added = { key: null, name: 'Newcomer', species: 'dog', passed: false };
    const profile = { firstName: 'Ann', lastName: 'Fell', phone: null, newPassword };
    const pets = [...(await offered(token)), added, { ...added, name: 'Ours alone' }];
    const done = await api<{ session: { token: string } }>('POST', '/v1/first-login', token, {
      ...profile,
      pets,
    });
    const newcomer = { ...row.pets[0]!, pimsId: 'new', name: 'newcomer' };
    await elm.night({ ...row, pets: [...row.pets, newcomer] });
    expect(await names(done.session.token)).toEqual(['Biscuit', 'Newcomer', 'Ours alone']);
    await elm.night({ ...row, pets: [...row.pets, { ...newcomer, ...dead }] });
    expect(await names(done.session.token)).toEqual(['Biscuit', 'Newcomer (passed)', 'Ours alone']);
  });

  it('counts as two pets if one record lists both, or their birth dates differ', async () => {
    const elm = await practice();
    const { row, pet } = someone('Kitten', 'Kitten');
    await elm.night(row);
    const token = await begin(email(row));
    expect(await names(token)).toEqual(['Kitten', 'Kitten']);
    const later = typedAgain(pet(0, { bornOn: '2025-05-05' }));
    await elm.night(row, { ...later, pets: later.pets.slice(0, 1) });
    expect(await names(token)).toEqual(['Kitten', 'Kitten', 'Kitten']);
  });
});

describe('Pet App: a record that is no longer in the PIMS', () => {
  it('keeps the confirmed profile, even after its copy is blanked, and offers nothing else', async () => {
    const elm = await practice();
    const [used, pending] = [someone('Biscuit'), someone('Waffle')];
    await elm.night(used.row, pending.row);
    const token = await confirm(await begin(email(used.row)));
    const waits = await begin(email(pending.row));
    await elm.night(client(++people));
    expect(await names(token)).toEqual(['Biscuit']);
    expect(await names(waits)).toEqual([]);
    await web.deps.db.deleteFrom('pims_pets').where('client_pims_id', '=', used.row.pimsId).execute();
    expect(await names(token)).toEqual(['Biscuit']);
  });

  it('shows nothing of another person who has its number now', async () => {
    const elm = await practice();
    const { row } = someone('Biscuit', 'Waffle');
    await elm.night(row);
    const token = await begin(email(row));
    const stranger = {
      ...row,
      firstName: 'Zed',
      lastName: 'Moor',
      emails: [`zed${people}@post.example`],
      createdOn: '2026-10-30',
    };
    await elm.night({ ...stranger, pets: [{ ...row.pets[0]!, name: 'Secret' }] });
    expect(await names(token)).toEqual([]);
  });
});

describe('Pet App: a pet without a name', () => {
  it('does not block the first login, on the page or by the API', async () => {
    const elm = await practice();
    const [one, two] = [someone('', 'Rex'), someone('', 'Max')];
    const nameless = [one.pet(0, { name: null }), two.pet(0, { name: null })] as const;
    await elm.night(...nameless);
    const token = await confirm(await begin(email(one.row)));
    expect(await names(token)).toEqual(['', 'Rex']);
    expect((await home(email(one.row))).pets).toEqual(['Rex', 'Your dog']);

    const shown = await web.deps.credentials.show(await accountOf(email(two.row)));
    const who = await loggedIn(email(two.row), shown.visible ? shown.password.open() : '');
    const { body } = await who.get('/app/first-login/pets');
    expect(body).toContain('<legend>Your dog</legend>');
    const required = [...body.matchAll(/<input[^>]*name="pet-\d-name"[^>]*>/g)].map(([tag]) => /required/.test(tag));
    expect(required.sort()).toEqual([false, true]);
    const keys = [...body.matchAll(/name="pet-\d-key" value="([^"]*)"/g)].map(([, key]) => key as string);
    const form = Object.fromEntries(
      keys.flatMap((key, at) => [
        [`pet-${at}-key`, key],
        [`pet-${at}-name`, key.endsWith('-0') ? '' : 'Max'],
        [`pet-${at}-species`, 'dog'],
      ]),
    ) as Record<string, string>;
    const answer = await who.post('/app/first-login/pets', form);
    expect(answer.headers.location).toBe('/app/first-login/password');
    await who.post('/app/first-login/password', { password: newPassword });
    expect((await home(email(two.row))).pets).toEqual(['Max', 'Your dog']);
    // The practice enters the name later.
    await elm.night(one.row, two.pet(0, { name: 'Bella' }));
    expect((await home(email(two.row))).pets).toEqual(['Bella', 'Max']);
  });

  it('must get a name when the pet parent adds it', async () => {
    const elm = await practice();
    const { row } = someone('Rex');
    await elm.night(row);
    const token = await begin(email(row));
    const pets = [{ key: null, name: '', species: 'dog' }];
    const answer = await web.app.inject({
      method: 'POST',
      url: '/v1/first-login',
      payload: { firstName: 'Ann', lastName: 'Fell', phone: null, pets, newPassword },
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.statusCode).toBe(400);
  });
});
