import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import type { Client } from '../../src/domain/client/client.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { putBackOnAccount, takeOffAccount } from '../../src/store/accounts/links.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const elm = allowPractices(['elm']);
const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
const home = 'home@post.example';
/** Two records with one email: one household, or a mistyped address. */
const one = client(1, { emails: [home] });
const two = client(2, { emails: [home] });

describe('links: a record that staff take off an account', () => {
  let s: Stage;
  let accountId: string;
  beforeEach(async () => {
    s = await stage();
    rows = [one, two];
    await s.sync(pims([one, two]));
    accountId = (await s.test.db.selectFrom('accounts').select('id').executeTakeFirstOrThrow()).id;
  });
  afterEach(() => s.test.drop());

  let rows = [one, two];
  const about = (pimsId: string) => ({ practiceId: 'elm', pimsId, accountId });
  const takeOff = async (pimsId: string) => {
    await takeOffAccount(s.test.db, elm, about(pimsId), actOf(mia));
    await s.evaluate(pims(rows));
  };
  const putBack = async (pimsId: string) => {
    await putBackOnAccount(s.test.db, elm, about(pimsId), actOf(mia));
    await s.evaluate(pims(rows));
  };
  const links = () => s.test.db.selectFrom('account_links').selectAll().orderBy('client_pims_id').execute();
  const onAccount = async () => (await links()).map((row) => row.client_pims_id);
  const reasons = async () => (await s.table('pims_clients')).map((row) => row['reason']);
  const mails = () =>
    s.test.db.selectFrom('messages').select(['client_pims_id', 'state', 'superseded']).orderBy('id').execute();
  const password = () =>
    s.test.db.selectFrom('temporary_credentials').select('cleared_reason').executeTakeFirstOrThrow();

  it('stays unlinked night after night, and is not invited to that address', async () => {
    const before = await links();
    await takeOff('0001');
    expect(await onAccount()).toEqual(['0002']);
    expect(await reasons()).toEqual(['taken-off-account', 'eligible']);
    // The email was queued for the first of the two and now belongs to the other one.
    expect(await mails()).toMatchObject([
      { client_pims_id: '0001', state: 'canceled' },
      { client_pims_id: '0002', state: 'queued' },
    ]);
    await s.sync(pims([client(1, { emails: [home], firstName: 'Anna' }), two]));
    expect(await onAccount()).toEqual(['0002']);
    expect(await s.table('accounts')).toHaveLength(1);
    expect(await password()).toEqual({ cleared_reason: null });
    expect(await s.broken()).toEqual([]);

    await putBack('0001');
    expect(await links()).toEqual(before);
    expect(await reasons()).toEqual(['eligible', 'eligible']);
    expect(await mails()).toHaveLength(2);
    const said = await s.test.db
      .selectFrom('audit')
      .select(['action', 'actor_name', 'account_id'])
      .orderBy('id')
      .execute();
    expect(said).toEqual([
      { action: 'link-taken-off', actor_name: 'Mia', account_id: accountId },
      { action: 'link-put-back', actor_name: 'Mia', account_id: accountId },
    ]);
    expect(await s.broken()).toEqual([]);
  });

  it('gets an account of its own once its email is corrected in the PIMS', async () => {
    await takeOff('0001');
    await s.sync(pims([client(1, { emails: ['right@post.example'] }), two]));
    expect(await reasons()).toEqual(['eligible', 'eligible']);
    expect(new Set((await links()).map((row) => row.account_id)).size).toBe(2);
    await expect(putBack('0001')).rejects.toMatchObject({ code: 'changed-meanwhile' });
    expect(await s.broken()).toEqual([]);
  });

  it('is invited to the address in the PIMS if that differs from the login', async () => {
    const now = new Date();
    await s.test.db.updateTable('accounts').set({ first_login_at: now, confirmed_at: now }).execute();
    await s.test.db
      .updateTable('temporary_credentials')
      .set({ sealed: null, key_id: null, used_at: now, cleared_at: now })
      .execute();
    rows = [client(1, { emails: ['new@post.example'] }), two];
    await s.sync(pims(rows));
    expect(await onAccount()).toEqual(['0001', '0002']);
    const [item] = await s.test.db.selectFrom('tasks').selectAll().where('kind', '=', 'email-differs').execute();
    expect(item?.sentence).toContain('take the record off the account on their page');
    await takeOff('0001');
    expect((await s.table('accounts')).map((row) => row['email']).sort()).toEqual([home, 'new@post.example']);
    expect(await mails()).toContainEqual({ client_pims_id: '0001', state: 'queued', superseded: 0 });
    expect(await s.broken()).toEqual([]);
  });

  it('clears the password if it was the only record, and gets a Welcome Email again when it is put back', async () => {
    await s.test.db.updateTable('messages').set({ state: 'delivered', open_key: null }).execute();
    await takeOff('0001');
    await takeOff('0002');
    expect(await onAccount()).toEqual([]);
    expect(await password()).toEqual({ cleared_reason: 'left' });
    expect(await mails()).toMatchObject([{ state: 'delivered', superseded: 1 }]);
    expect(await s.broken()).toEqual([]);
    await putBack('0002');
    expect(await password()).toEqual({ cleared_reason: null });
    expect(await mails()).toMatchObject([{}, { client_pims_id: '0002', state: 'queued', superseded: 0 }]);
    expect(await s.broken()).toEqual([]);
  });

  it('takes its pets along, with the pet parent’s answers about them, and brings them back', async () => {
    const pet = (pimsId: string, state: 'passed' | 'confirmed') => ({
      id: pimsId.padEnd(20, '0'),
      account_id: accountId,
      practice_id: 'elm',
      pims_id: pimsId,
      name: pimsId,
      species: 'dog',
      breed: null,
      born_on: null,
      state,
      confirmed_at: new Date('2026-11-01T10:00:00Z'),
    });
    const pets = () => s.test.db.selectFrom('account_pets').selectAll().orderBy('pims_id').execute();
    await s.test.db
      .insertInto('account_pets')
      .values([pet('p1', 'passed'), pet('p2', 'confirmed')])
      .execute();
    const before = await pets();
    await takeOff('0001');
    expect((await pets()).map((row) => row.pims_id)).toEqual(['p2']);
    await putBack('0001');
    expect(await pets()).toEqual(before);
  });

  it('cannot be unlinked twice, at another practice, or if it is linked otherwise', async () => {
    const otherwise = { code: 'changed-meanwhile' };
    await expect(putBack('0001')).rejects.toMatchObject(otherwise);
    await takeOff('0001');
    await expect(takeOff('0001')).rejects.toMatchObject(otherwise);
    const oak = allowPractices(['oak']);
    for (const act of [takeOffAccount, putBackOnAccount])
      await expect(act(s.test.db, oak, about('0002'), actOf(mia))).rejects.toMatchObject({
        code: 'not-found',
      });
  });
});

describe('links: a client that is deleted and entered again', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const former = client(1, { phones: [{ label: 'home', number: '(312) 555-0142' }] });
  const again = (more: Partial<Client> = {}): Client => {
    return {
      ...former,
      pimsId: '9001',
      displayId: 'C9001',
      createdOn: '2026-11-02',
      emails: ['corrected@post.example'],
      pets: former.pets.map((pet) => ({ ...pet, pimsId: '9p1' })),
      ...more,
    };
  };
  const logIn = async () => {
    const now = new Date();
    await s.test.db.updateTable('accounts').set({ first_login_at: now, confirmed_at: now }).execute();
  };
  const links = () =>
    s.test.db
      .selectFrom('account_links as l')
      .innerJoin('accounts as a', 'a.id', 'l.account_id')
      .select(['l.client_pims_id', 'a.email'])
      .orderBy('l.client_pims_id')
      .execute();

  it('keeps its account, even with another email', async () => {
    await s.sync(pims([former]));
    await logIn();
    await s.sync(pims([again()]));
    expect(await links()).toEqual([{ client_pims_id: '9001', email: 'ann1@post.example' }]);
    expect(await s.table('accounts')).toHaveLength(1);
  });

  it.each<[string, Client[]]>([
    ['has other pets', [again({ pets: [{ ...former.pets[0]!, pimsId: '9p1', name: 'Ida' }] })]],
    ['has another name', [again({ firstName: 'Zed' })]],
    ['exists twice', [again(), again({ pimsId: '9002' })]],
  ])('is not recognised if the new record %s', async (_what, rows) => {
    await s.sync(pims([former]));
    await logIn();
    await s.sync(pims(rows));
    expect(await links()).toContainEqual({ client_pims_id: '0001', email: 'ann1@post.example' });
  });

  it('is not confused with a record that existed before', async () => {
    await s.sync(pims([former, again()]));
    await s.sync(pims([again()]));
    expect((await s.table('pims_clients')).map((row) => row['merged_into'])).toEqual([null, null]);
  });
});
