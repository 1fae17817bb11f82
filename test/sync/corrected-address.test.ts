import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openKey } from '../../src/store/messages/urgent-messages.js';
import { createCampaignActions } from '../../src/store/messages/campaign-actions.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const fran = { kind: 'staff' as const, id: 'fran', name: 'Fran' };

describe('sync: an address that is corrected in the PIMS', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([client(1, { emails: ['ann1@psot.example'] })]));
  });
  afterEach(() => s.test.drop());

  const campaigns = () => createCampaignActions({ db: s.test.db, newId: s.deps.newId });
  const correct = () => s.sync(pims([client(1)]));
  const set = (state: string) =>
    s.test.db
      .updateTable('messages')
      .set({ state, open_key: null } as never)
      .where('state', '=', 'queued')
      .execute();
  /** Compares emails by kind and state, because two made in the same millisecond have no order. */
  const mails = async () =>
    (await s.table('messages')).map(({ kind, state, superseded }) => `${kind} ${state} ${superseded}`).sort();

  it('is invited again if the email was recalled, sent nevertheless, and bounced', async () => {
    await campaigns().recall('elm', fran, new Date());
    await correct();
    // No rule queues an email again that a person recalled.
    expect(await mails()).toEqual(['welcome recalled 1']);

    expect(await campaigns().resendRest('elm', 'not-sent', 10, fran, new Date())).toBe(1);
    await set('bounced');
    await s.sync(pims([client(1, { emails: ['ann@post.example'] })]));
    expect(await mails()).toEqual(['welcome bounced 1', 'welcome queued 0', 'welcome recalled 1']);
    expect(await s.table('accounts')).toMatchObject([{ email: 'ann@post.example' }]);
    expect(await s.broken()).toEqual([]);
  });

  it.each(['sending', 'uncertain'] as const)('is invited while a new temporary password is %s', async (state) => {
    await set('delivered');
    const [{ id }] = (await s.table('accounts')) as [{ id: string }];
    const now = new Date();
    const fresh = {
      id: s.deps.newId(),
      practice_id: 'elm',
      account_id: id,
      kind: 'new-temporary-password' as const,
      state,
      requested_by: 'the pet parent',
      urgent: 1,
      due_at: now,
      created_at: now,
      changed_at: now,
      open_key: openKey('new-temporary-password', id, 'elm'),
    };
    await s.test.db.insertInto('messages').values(fresh).execute();
    const run = await correct();
    expect(run.counts).toMatchObject({ messages: 1 });
    expect(await mails()).toEqual([`new-temporary-password ${state} 1`, 'welcome delivered 1', 'welcome queued 0']);
  });
});
