import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { loadProfile } from '../../src/store/accounts/account-profile.js';
import { client, pims } from './support/pims.js';
import { confirmPets } from './support/confirm-pets.js';
import { stage, type Stage } from './support/stage.js';

const others = Array.from({ length: 8 }, (_, n) => client(n + 2));
const person = (firstName: string, lastName: string, more: Partial<Client> = {}) =>
  client(1, {
    firstName,
    lastName,
    emails: [`${firstName}.${lastName}@post.example`.toLowerCase()],
    ...more,
  });
const stranger = (firstName: string, lastName: string, pet: string) =>
  person(firstName, lastName, {
    createdOn: '2026-10-30',
    pets: [{ ...client(1).pets[0]!, pimsId: `p-${pet}`, name: pet, bornOn: '2024-05-05' }],
  });

describe('sync: a client number that a namesake gets', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const night = (first: Client) => s.sync(pims([first, ...others]));
  const logIn = async () => {
    await s.test.db.updateTable('accounts').set({ first_login_at: new Date() }).execute();
    await confirmPets(s.test.db);
  };
  const sees = async (email: string) => {
    const account = await s.test.db
      .selectFrom('accounts')
      .select('id')
      .where('email_key', '=', email)
      .executeTakeFirstOrThrow();
    return (await loadProfile(s.test.db, account.id))?.pets.map(({ name }) => name);
  };
  const mails = async () =>
    (await s.table('messages')).filter((row) => row['client_pims_id'] === '0001').map((row) => row['state']);
  const row = async () => (await s.table('pims_clients')).find((one) => one['pims_id'] === '0001');

  it.each([
    ['first name', person('Kim', 'Park'), stranger('Kim', 'Ortega', 'Secret11')],
    ['last name', person('Nia', 'Wolf'), stranger('Una', 'Wolf', 'Secret14')],
    ['whole name', person('Kim', 'Park'), { ...stranger('Kim', 'Park', 'Secret15'), emails: ['kp@post.example'] }],
  ])('of the same %s is held, and a used account still shows its own pets', async (_, before, after) => {
    await night(before);
    await logIn();
    expect(await night(after)).toMatchObject({ state: 'done', counts: { conflicts: 1, changed: 0 } });
    expect(await row()).toMatchObject({ last_name: before.lastName, reason: 'identity-conflict' });
    expect(await sees(before.emails[0]!)).toEqual(['Rex1']);
    expect(await s.broken()).toEqual([]);
  });

  it.each([
    [person('Kim', 'Park'), stranger('Kim', 'Ortega', 'Secret11')],
    [person('Nia', 'Wolf'), stranger('Una', 'Wolf', 'Secret14')],
  ])('gets neither the unused account nor an email: %#', async (before, after) => {
    await night(before);
    await night(after);
    expect(await mails()).toEqual(['canceled']);
    const addresses = (await s.table('accounts')).map(({ email }) => email);
    expect(addresses).toContain(before.emails[0]);
    expect(addresses).not.toContain(after.emails[0]);
    expect(await s.broken()).toEqual([]);
  });

  it('is not assumed after a marriage, a move, and new ids for the pets', async () => {
    await night(person('Kim', 'Park'));
    await night(person('Kim', 'Ortega', { phones: [{ label: 'cell', number: '555-010-9999' }] }));
    const pets = client(1).pets.map((pet) => ({ ...pet, pimsId: `new-${pet.pimsId}` }));
    const moved = { ...person('Kim', 'Ortega'), emails: ['new@post.example'], pets };
    expect(await night(moved)).toMatchObject({ counts: { conflicts: 0, changed: 1 } });
    expect(await sees('new@post.example')).toEqual(['Rex1']);
    expect(await s.broken()).toEqual([]);
  });
});
