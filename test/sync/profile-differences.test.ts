import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { actOf } from '../support/act.js';
import { allowPractices } from '../../src/store/access/allowed-practices.js';
import { closeTask } from '../../src/store/pet-parents/tasks.js';
import { takeOffAccount } from '../../src/store/accounts/links.js';
import type { Client } from '../../src/domain/client/client.js';
import { confirmPets } from './support/confirm-pets.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const elm = allowPractices(['elm']);
const mia = { kind: 'staff', id: null, name: 'Mia' } as const;
const phone = (number: string): Partial<Client> => ({ phones: [{ label: 'home', number }] });

describe('sync: differences between confirmed profile and PIMS', () => {
  let s: Stage;
  let accountId: string;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([client(1), client(2)]));
    const account = await s.test.db
      .selectFrom('accounts')
      .select('id')
      .where('email', '=', 'ann1@post.example')
      .executeTakeFirstOrThrow();
    accountId = account.id;
    const now = new Date();
    await s.test.db
      .updateTable('accounts')
      .set({ first_login_at: now, confirmed_at: now, phone: '+13125550142', password_hash: 'x' })
      .where('id', '=', accountId)
      .execute();
    await s.test.db
      .updateTable('temporary_credentials')
      .set({ sealed: null, key_id: null, cleared_at: now, used_at: now })
      .where('account_id', '=', accountId)
      .execute();
  });
  afterEach(() => s.test.drop());

  const list = async () =>
    (
      await s.test.db
        .selectFrom('tasks')
        .select(['id', 'sentence', 'closed_by'])
        .where('kind', '=', 'owner-says')
        .orderBy('id')
        .execute()
    ).map(({ id, sentence, closed_by }) => ({ id, sentence, closed_by }));
  const night = (row: Partial<Client>) => s.sync(pims([client(1, row), client(2)]));

  it('profile difference: is listed after the sync that finds it, until the front desk corrects it', async () => {
    await night(phone('312-555-0177'));
    const [item] = await list();
    expect(item).toMatchObject({
      sentence: 'The owner says: phone +13125550142. The PIMS has 312-555-0177.',
      closed_by: null,
    });
    await night(phone('312-555-0188'));
    expect(await list()).toMatchObject([{ id: item?.id, sentence: expect.stringContaining('0188') }]);
    await night(phone('(312) 555-0142'));
    expect(await list()).toMatchObject([{ closed_by: 'no longer true' }]);
    await night(phone('312-555-0188'));
    expect((await list()).map(({ closed_by }) => closed_by)).toEqual(['no longer true', null]);
    expect(await s.broken()).toEqual([]);
  });

  it('profile difference: does not return after staff closed it, until it is another difference', async () => {
    await night(phone('312-555-0177'));
    const [item] = await list();
    await closeTask(s.test.db, elm, item!.id, actOf(mia));
    await night({ ...phone('312-555-0177'), lastVisitOn: '2026-10-09' });
    expect(await list()).toMatchObject([{ closed_by: 'Mia' }]);
    await night(phone('312-555-0199'));
    expect((await list()).map(({ closed_by }) => closed_by)).toEqual(['Mia', null]);
  });

  it('profile difference: none, if the PIMS has a rodent that the pet parent confirmed as a guinea pig', async () => {
    const rodent = { pets: client(1).pets.map((pet) => ({ ...pet, species: 'rodent' })) };
    await night(rodent);
    await confirmPets(s.test.db);
    await s.test.db.updateTable('account_pets').set({ species: 'guinea-pig' }).execute();
    await night({ ...rodent, phones: [{ label: 'home', number: '(312) 555-0142' }] });
    expect((await list()).filter(({ closed_by }) => closed_by === null)).toEqual([]);
  });

  it('profile difference: leaves the list with the record, and does not exist before the confirmation', async () => {
    await s.sync(pims([client(1, phone('312-555-0177')), client(2, phone('312-555-0166'))]));
    expect(await list()).toHaveLength(1);
    await takeOffAccount(s.test.db, elm, { practiceId: 'elm', pimsId: '0001', accountId }, actOf(mia));
    await s.evaluate(pims([]));
    expect(await list()).toMatchObject([{ closed_by: 'no longer true' }]);
  });
});
