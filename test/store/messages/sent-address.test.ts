import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actOf } from '../../support/act.js';
import { allowPractices } from '../../../src/store/access/allowed-practices.js';
import { formerAddressCounts, listMessages } from '../../../src/store/messages/email-marketing.js';
import { createErasedPeople } from '../../../src/store/privacy/erasure-register.js';
import { erasePerson } from '../../../src/store/privacy/erase-person.js';
import { exportPerson } from '../../../src/store/privacy/export-person.js';
import { messagesForAccount, messageWithHistory } from '../../../src/store/messages/message-history.js';
import { openKey } from '../../../src/store/messages/urgent-messages.js';
import { drain, startWorld, type World } from '../../mailer/support.js';

const operator = { kind: 'operator' as const, id: null, name: 'a test' };

describe('messages: the address that an email went to', () => {
  let world: World;
  const allowed = allowPractices(['elm']);
  beforeAll(async () => {
    world = await startWorld();
    await world.addPractice('elm');
  });
  afterAll(() => world.stop());

  const lineOf = async (messageId: string) => {
    const filter = { practiceId: 'elm', states: null };
    const { lines } = await listMessages(world.db, allowed, filter, null, 100);
    return lines.find(({ id }) => id === messageId)!;
  };

  it('stays with the email when the account has another address, and needs no action any more', async () => {
    const [kim, lee] = await world.owe({ count: 2 });
    await drain(world.mailer());
    expect(await lineOf(kim!.messageId)).toMatchObject({ sentTo: kim!.email, left: false });
    const mails = [kim!.messageId, lee!.messageId];
    await world.db.updateTable('messages').set({ state: 'bounced' }).where('id', 'in', mails).execute();
    await world.db
      .updateTable('accounts')
      .set({ email: 'new@example.com', email_key: 'new@example.com' })
      .where('id', '=', kim!.accountId)
      .execute();
    expect(await lineOf(kim!.messageId)).toMatchObject({ email: 'new@example.com', sentTo: kim!.email, left: true });
    const filter = { practiceId: 'elm', states: ['bounced'] as const, current: true };
    const toLookAt = await listMessages(world.db, allowed, filter, null, 10);
    expect(toLookAt.lines.map(({ id }) => id)).toEqual([lee!.messageId]);
    expect(await formerAddressCounts(world.db, allowed, 'elm', ['bounced'])).toEqual({ bounced: 1 });
  });

  it('is shown as unknown once it is deleted, and as the current one for a queued email', async () => {
    const [person] = await world.owe();
    const set = (change: object) =>
      world.db.updateTable('messages').set(change).where('id', '=', person!.messageId).execute();
    expect(await lineOf(person!.messageId)).toMatchObject({ sentTo: null, left: false });
    await set({ state: 'bounced', superseded: 1, open_key: null });
    expect(await lineOf(person!.messageId)).toMatchObject({ sentTo: null, left: true });
    // If staff send it after all, it goes to the current address.
    await set({ state: 'recalled' });
    expect(await lineOf(person!.messageId)).toMatchObject({ left: false });
  });

  it('is exported and erased with the person', async () => {
    const [person] = await world.owe();
    await drain(world.mailer());
    const record = JSON.stringify({ emails: [person!.email], phones: [] });
    await world.db.updateTable('pims_clients').set({ record }).where('pims_id', '=', person!.pimsId).execute();
    const old = 'typo@former.example';
    const ofMail = world.db.selectFrom('send_attempts').select('email').where('message_id', '=', person!.messageId);
    expect(await ofMail.execute()).toEqual([{ email: person!.email }]);
    await world.db
      .updateTable('send_attempts')
      .set({ email: old })
      .where('message_id', '=', person!.messageId)
      .execute();
    const who = { practiceId: 'elm', reference: person!.pimsId };
    const told = await exportPerson(world.db, who, actOf(operator, world.clock()));
    expect(told.tables['send_attempts']).toMatchObject([{ email: old }]);
    const people = createErasedPeople({ keyring: world.keyring });
    await erasePerson({ db: world.db, people } as never, who, actOf(operator, world.clock()));
    expect(await ofMail.execute()).toEqual([]);
  });

  it('leads to every email, and always lists open ones, however many came later', async () => {
    const [person] = await world.owe();
    const { accountId, messageId } = person!;
    await world.db.updateTable('messages').set({ state: 'uncertain' }).where('id', '=', messageId).execute();
    for (let n = 0; n < 4; n++) {
      world.pass(1);
      const now = world.clock();
      await world.db
        .insertInto('messages')
        .values({
          id: world.newId(),
          practice_id: 'elm',
          account_id: accountId,
          kind: 'password-reset',
          state: 'delivered',
          due_at: now,
          created_at: now,
          changed_at: now,
        })
        .execute();
    }
    const states = async (limit: number) =>
      (await messagesForAccount(world.db, allowed, accountId, limit)).map(({ message }) => message.state);
    expect(await states(2)).toEqual(['delivered', 'delivered', 'uncertain']);
    expect(await states(9)).toEqual([...Array.from({ length: 4 }, () => 'delivered'), 'uncertain']);
    expect((await messageWithHistory(world.db, allowed, messageId))?.message.openKey).toBe(
      openKey('welcome', accountId, 'elm'),
    );
    expect(await messageWithHistory(world.db, allowPractices(['oak']), messageId)).toBeNull();
  });
});
