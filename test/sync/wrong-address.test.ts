import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import type { Client } from '../../src/domain/client/client.js';
import { newIds } from '../../src/lib/ids.js';
import { loadProfile } from '../../src/store/accounts/account-profile.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { insertMany } from '../../src/store/db/database.js';
import { putBackOnAccount } from '../../src/store/accounts/links.js';
import { overrule } from '../../src/store/decisions/overrides.js';
import { awaitedAccount, refuseJoin } from '../../src/store/accounts/refuse-join.js';
import { createErasedPeople } from '../../src/store/privacy/erasure-register.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { planPractice } from '../../src/sync/plan.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const elm = allowPractices(['elm']);
const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
const address = 'ann@post.example';
const ann = client(1, { firstName: 'Ann', lastName: 'Baker', emails: [address] });
const bobAt = (email: string, more: Partial<Client> = {}) =>
  client(2, { firstName: 'Bob', lastName: 'Cole', emails: [email], ...more });
const wrong = bobAt(address);
const right = bobAt('bob@post.example');

describe('sync: a record with the address of a Pet App user', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([ann]));
    await s.test.db.updateTable('accounts').set({ first_login_at: new Date() }).execute();
    await s.test.db
      .updateTable('temporary_credentials')
      .set({ sealed: null, key_id: null, used_at: new Date(), cleared_at: new Date() })
      .execute();
  });
  afterEach(() => s.test.drop());

  const account = async (email = address) =>
    (await s.test.db.selectFrom('accounts').select('id').where('email_key', '=', email).executeTakeFirstOrThrow()).id;
  const annSees = async () => (await loadProfile(s.test.db, await account()))?.pets.map(({ name }) => name);
  const bob = async () => (await s.table('pims_clients')).find((row) => row['pims_id'] === '0002');
  const open = async () =>
    (await s.test.db.selectFrom('tasks').select('kind').where('closed_at', 'is', null).execute()).map(
      ({ kind }) => kind,
    );
  const mailsTo = async (email: string) => {
    const id = await account(email);
    return (await s.table('messages'))
      .filter((row) => row['account_id'] === id)
      .map(({ kind, state }) => `${String(kind)} ${String(state)}`);
  };
  const sayYes = async (rows: Client[]) => {
    await overrule(
      s.test.db,
      elm,
      { practiceId: 'elm', pimsId: '0002', reason: 'confirm-join', anyway: true },
      mia,
      new Date(),
    );
    await s.evaluate(pims(rows));
  };

  it('waits if only the address connects them, and gets its own account once the address is corrected', async () => {
    await s.sync(pims([ann, wrong]));
    expect(await bob()).toMatchObject({ verdict: 'hold', reason: 'confirm-join' });
    expect([await annSees(), await open()]).toEqual([['Rex1'], ['confirm-join']]);
    await s.sync(pims([ann, right]));
    expect([await annSees(), await open()]).toEqual([['Rex1'], []]);
    expect(await mailsTo('bob@post.example')).toEqual(['welcome queued']);
    expect(await s.broken()).toEqual([]);
  });

  it('appears in the plan as a sync decides it', async () => {
    const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
    const planning = {
      db: s.test.db,
      clock: () => new Date(),
      newId: newIds(),
      erased: createErasedPeople({ keyring }),
      signal: new AbortController().signal,
      onPage: () => undefined,
    };
    const plan = await planPractice(planning, s.practice(pims([ann, wrong])));
    expect(plan.clients.map(({ reason }) => reason)).toEqual(['has-account', 'confirm-join']);
  });

  it.each<[string, Partial<Client>]>([
    ['the last name', { lastName: 'Baker' }],
    ['a phone', { phones: ann.phones }],
    ['a pet', { pets: [...ann.pets, ...wrong.pets] }],
  ])('joins at once if both have the same %s', async (_, shared) => {
    await s.sync(pims([ann, bobAt(address, shared)]));
    expect(await bob()).toMatchObject({ reason: 'has-account' });
    expect(await annSees()).toContain('Rex2');
  });

  it('wrong address: joins after confirmation by staff, and stays whatever happens to the address', async () => {
    await s.sync(pims([ann, wrong]));
    await sayYes([ann, wrong]);
    expect([await annSees(), await open()]).toEqual([['Rex1', 'Rex2'], []]);
    await s.sync(pims([ann, right]));
    expect([await annSees(), await open()]).toEqual([['Rex1', 'Rex2'], ['email-differs']]);
    expect(await s.broken()).toEqual([]);
  });

  it('stays unlinked if staff say no, until they link it again', async () => {
    await s.sync(pims([ann, wrong]));
    const about = { practiceId: 'elm', pimsId: '0002', accountId: await account() };
    expect(await awaitedAccount(s.test.db, 'elm', '0002')).toMatchObject({ accountId: about.accountId });
    await refuseJoin(s.test.db, elm, about, actOf(mia));
    await s.evaluate(pims([ann, wrong]));
    expect(await bob()).toMatchObject({ reason: 'taken-off-account' });
    expect([await annSees(), await open()]).toEqual([['Rex1'], []]);
    await expect(refuseJoin(s.test.db, elm, about, actOf(mia))).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
    await putBackOnAccount(s.test.db, elm, about, actOf(mia));
    await s.evaluate(pims([ann, wrong]));
    expect(await annSees()).toEqual(['Rex1', 'Rex2']);
    expect(await s.broken()).toEqual([]);
  });

  const joinUnasked = async () => {
    await s.sync(pims([ann, bobAt(address, { phones: ann.phones })]));
    expect(await annSees()).toEqual(['Rex1', 'Rex2']);
  };

  it('leaves when the address that linked it is corrected, and gets a Welcome Email at the correct one', async () => {
    await joinUnasked();
    await s.sync(pims([ann, right]));
    expect([await annSees(), await open()]).toEqual([['Rex1'], []]);
    expect(await mailsTo('bob@post.example')).toEqual(['welcome queued']);
    expect(await bob()).toMatchObject({ reason: 'eligible' });
    expect(await s.broken()).toEqual([]);
  });

  it('also leaves if it is not invited at the correct address', async () => {
    await joinUnasked();
    await s.sync(pims([ann, { ...right, optOut: 'NO_EMAIL' }]));
    expect(await annSees()).toEqual(['Rex1']);
    expect(await s.table('accounts')).toHaveLength(1);
    expect(await s.broken()).toEqual([]);
  });

  it('stays if the pet parent has confirmed its pets; the person of the account always stays', async () => {
    await joinUnasked();
    const pet = {
      id: 'x'.repeat(20),
      account_id: await account(),
      practice_id: 'elm',
      pims_id: 'p2',
      name: 'Rex2',
      species: 'dog',
      breed: null,
      born_on: null,
      state: 'confirmed' as const,
      confirmed_at: new Date(),
    };
    await insertMany(s.test.db, 'account_pets', [pet]);
    await s.sync(pims([{ ...ann, emails: ['new@post.example'] }, right]));
    expect(await annSees()).toEqual(['Rex2', 'Rex1']);
    expect(await open()).toEqual(['email-differs', 'email-differs']);
  });
});
