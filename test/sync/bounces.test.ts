import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/lib/ids.js';
import { createSesEvents, type IncomingEvent } from '../../src/store/messages/ses-events.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const newId = newIds();
const clock = () => new Date();
const address = 'ann1@post.example';

describe('bounces: tasks after a bounce', () => {
  let s: Stage;
  let accountId: string;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([client(1)]));
    accountId = (await s.table('accounts'))[0]!['id'] as string;
  });
  afterEach(() => s.test.drop());

  /** Hands over an email, which SES then reports as bounced. */
  async function bounces(kind: 'welcome' | 'password-reset' | 'practice-added', said = '550 no such user') {
    const [messageId, attemptId] = [newId(), newId()];
    const at = { created_at: clock(), changed_at: clock(), due_at: clock() };
    await s.test.db
      .insertInto('messages')
      .values({
        id: messageId,
        practice_id: 'elm',
        account_id: accountId,
        client_pims_id: '0001',
        kind,
        state: 'accepted',
        accepted_at: clock(),
        ...at,
      })
      .execute();
    await s.test.db
      .insertInto('send_attempts')
      .values({
        id: attemptId,
        message_id: messageId,
        number: 1,
        claimed_at: clock(),
        answered_at: clock(),
        outcome: 'accepted',
        ses_message_id: attemptId,
        error_code: null,
        error_message: null,
      })
      .execute();
    const event: IncomingEvent = {
      id: newId(),
      type: 'Bounce',
      evidence: 'bounced',
      happenedAt: clock(),
      sesMessageId: attemptId,
      messageId,
      attemptId,
      recipients: [address],
      detail: said,
      suppress: 'bounced',
    };
    const emailField = () => Promise.resolve('the Email field of Cornerstone');
    const events = createSesEvents({ db: s.test.db, clock, newId, emailField });
    expect(await events.takeMany([event])).toEqual(['taken']);
  }
  async function open() {
    const rows = await s.test.db.selectFrom('tasks').selectAll().where('closed_at', 'is', null).execute();
    return rows.map(({ kind, sentence }) => ({ kind, sentence }));
  }
  const logsIn = () =>
    s.test.db.updateTable('accounts').set({ first_login_at: clock() }).where('id', '=', accountId).execute();

  it.each(['password-reset', 'practice-added'] as const)(
    'stays, with a correct text, for a pet parent who has logged in (%s)',
    async (kind) => {
      await logsIn();
      await bounces(kind);
      const [item, ...more] = await open();
      expect(more).toEqual([]);
      expect(item).toMatchObject({ kind: 'login-bounced' });
      expect(item!.sentence).toContain(`The email to ${address} of Ann1 Fell1 (C1) bounced (550 no such user).`);
      expect(item!.sentence).toContain('correcting the Email field of Cornerstone does not change that');
      expect(item!.sentence).not.toContain('invites again');

      await s.sync(pims([client(1)]));
      await s.sync(pims([client(1, { lastVisitOn: '2026-10-02' })]));
      expect(await open()).toEqual([item]);
      expect(await s.broken()).toEqual([]);
    },
  );

  it('gives the next step however long the mailbox’s answer was', async () => {
    await bounces('welcome', 'The account does not exist. '.repeat(18));
    const [item] = await open();
    expect(item!.sentence).toMatch(/the next sync then invites them again\.$/);
  });

  it('closes by itself for a pet parent who never logged in, once the address is corrected', async () => {
    await bounces('welcome');
    expect(await open()).toMatchObject([
      {
        kind: 'bounced-email',
        sentence: expect.stringContaining('Correct the Email field of Cornerstone; the next sync then invites'),
      },
    ]);
    await s.sync(pims([client(1)]));
    expect(await open()).toMatchObject([{ kind: 'bounced-email' }]);
    await s.sync(pims([client(1, { emails: ['ann@better.example'] })]));
    expect(await open()).toEqual([]);
  });
});

describe('bounces: address of a bounce or complaint', () => {
  let s: Stage;
  let ann: string;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([client(1), client(2)]));
    const [account] = await s.test.db.selectFrom('accounts').select('id').where('email', '=', address).execute();
    ann = account!.id;
  });
  afterEach(() => s.test.drop());

  /** Reports an SES event of an email to `email`; `more` adds to the event. */
  async function tell(email: string, more: Partial<IncomingEvent>) {
    const attemptId = newId();
    const { id: messageId } = await s.test.db
      .selectFrom('messages')
      .select('id')
      .where('account_id', '=', ann)
      .executeTakeFirstOrThrow();
    await s.test.db
      .updateTable('messages')
      .set({ state: 'accepted', open_key: null, attempts: 1, accepted_at: clock() })
      .where('id', '=', messageId)
      .execute();
    await s.test.db
      .insertInto('send_attempts')
      .values({
        id: attemptId,
        message_id: messageId,
        number: 1,
        email,
        claimed_at: clock(),
        outcome: 'accepted',
        ses_message_id: attemptId,
      })
      .execute();
    const event: IncomingEvent = {
      id: newId(),
      type: 'Bounce',
      evidence: 'bounced',
      happenedAt: clock(),
      sesMessageId: attemptId,
      messageId,
      attemptId,
      recipients: [],
      detail: '550 no such user',
      suppress: 'bounced',
      ...more,
    };
    return take(event);
  }
  async function take(event: IncomingEvent) {
    const emailField = () => Promise.resolve('the Email field of Cornerstone');
    return createSesEvents({ db: s.test.db, clock, newId, emailField }).takeMany([event]);
  }
  const suppressed = async () => {
    const rows = await s.test.db.selectFrom('suppressions').selectAll().execute();
    return rows.map(({ email_key, reason }) => `${reason} ${email_key}`);
  };
  const items = () => s.test.db.selectFrom('tasks').select(['kind', 'sentence']).execute();

  it.each(['bounced', 'complained'] as const)(
    'is the one that we sent to, whichever address the event names (%s)',
    async (suppress) => {
      const recipients = ['Ben Two <ben2@post.example>', 'ann2@post.example'];
      await tell(address, { evidence: suppress, suppress, recipients });
      expect(await suppressed()).toEqual([`${suppress} ${address}`]);
      const [item, ...more] = await items();
      expect(more).toEqual([]);
      expect(item!.sentence).toContain(`to ${address}`);
      const kept = await s.test.db.selectFrom('ses_events').select('detail').execute();
      expect(kept).toEqual([{ detail: '550 no such user, via ben2@post.example' }]);
    },
  );

  it('shows staff no other address if the event names ours, in any spelling', async () => {
    await tell(address, { recipients: [`Ann Fell <${address.toUpperCase()}>`] });
    expect(await suppressed()).toEqual([`bounced ${address}`]);
    expect((await items())[0]!.sentence).not.toContain('via');
  });

  it('is the one of that attempt if the pet parent has another address now', async () => {
    await tell('old@post.example', { recipients: [address] });
    expect(await suppressed()).toEqual(['bounced old@post.example']);
    expect(await items()).toEqual([]);
  });

  it('is none if no attempt of ours matches', async () => {
    const event: IncomingEvent = {
      id: newId(),
      type: 'Bounce',
      evidence: 'bounced',
      happenedAt: clock(),
      sesMessageId: 'strange',
      messageId: null,
      attemptId: newId(),
      recipients: [address],
      detail: null,
      suppress: 'bounced',
    };
    expect(await take(event)).toEqual(['not-ours']);
    expect(await suppressed()).toEqual([]);
  });
});
