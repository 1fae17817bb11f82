import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PracticeInfo } from '../../src/web/deps.js';
import type { Row, MessageStatus } from '../../src/store/db/tables.js';
import { seedPerson, seedPractice, seedStaff, staffPassword, type SeededPerson } from './support/seed.js';
import { visitor, type Visitor } from './support/visitor.js';
import { testWeb, type TestWeb } from './support/web.js';

let web: TestWeb;
let owner: Visitor;
/** The practice's current configuration. */
let info: Partial<PracticeInfo> | null = {};

beforeAll(async () => {
  web = await testWeb((deps) => ({
    practice: (id) => (info ? { ...(deps.practice(id) as PracticeInfo), ...info } : null),
  }));
  await seedPractice(web.deps.db, 'north', 'North Practice');
  await seedStaff(web, 'olive@north.example', 'owner', ['north']);
  owner = visitor(web.app);
  await owner.post('/staff/sign-in', { email: 'olive@north.example', password: staffPassword });
});
beforeEach(() =>
  web.deps.db.insertInto('email_sending').values({ name: 'ses' }).onDuplicateKeyUpdate({ name: 'ses' }).execute(),
);
afterEach(async () => {
  info = {};
  const calm = { email_paused_at: null, email_paused_by: null, email_pause_reason: null };
  await web.deps.db.updateTable('practices').set(calm).execute();
  await web.deps.db.deleteFrom('fair_queue').execute();
  await web.deps.db.deleteFrom('email_sending').execute();
});
afterAll(() => web?.close());

/** Removes tags: the text that staff read. */
const read = (html: string) =>
  html
    .slice(html.indexOf('<main'))
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

/** Makes an email with this status, attempts and SES details, and returns both pages that show it. */
async function pagesOf(
  state: MessageStatus,
  mail: Partial<Row<'messages'>> = {},
  tries: Partial<Row<'send_attempts'>>[] = [],
  events: [type: string, detail: string | null][] = [],
) {
  const person: SeededPerson = await seedPerson(web, 'north', { mail: state });
  const { db, clock, newId } = web.deps;
  const id = person.messageId as string;
  await db.deleteFrom('ses_events').where('message_id', '=', id).execute();
  await db
    .updateTable('messages')
    .set({ detail: null, ...mail })
    .where('id', '=', id)
    .execute();
  for (const [at, one] of tries.entries())
    await db
      .insertInto('send_attempts')
      .values({
        id: newId(),
        message_id: id,
        number: at + 1,
        claimed_at: clock(),
        answered_at: clock(),
        outcome: 'accepted',
        ses_message_id: null,
        error_code: null,
        error_message: null,
        ...one,
      })
      .execute();
  for (const [type, detail] of events)
    await db
      .insertInto('ses_events')
      .values({
        id: newId(),
        message_id: id,
        attempt_id: null,
        type,
        happened_at: clock(),
        received_at: clock(),
        detail,
      })
      .execute();
  const ofMail = read((await owner.get(`/staff/email-marketing/north/${id}`)).body);
  const ofPerson = read((await owner.get(`/staff/pet-parents/north/${person.pimsId}`)).body);
  return { ofMail, ofPerson, both: [ofMail, ofPerson], person };
}

describe('console: the history of an email', () => {
  const lost = { outcome: 'uncertain', error_code: 'TimeoutError', error_message: 'socket hang up' };
  const states: [
    when: string,
    state: MessageStatus,
    says: string[],
    rows?: Parameters<typeof pagesOf> extends [unknown, ...infer R] ? R : never,
  ][] = [
    ['it is next', 'queued', ['waits in the queue', 'The email is queued.']],
    [
      'SES has not accepted it yet',
      'queued',
      [
        'attempt 1: not yet accepted by Amazon SES',
        'Maximum sending rate exceeded.',
        'waits. Amazon SES asked for a slower pace',
        'The next attempt is at',
      ],
      [
        { reason: 'throttled', due_at: new Date(Date.now() + 600_000) },
        [{ outcome: 'given-back', error_code: 'Throttling', error_message: 'Maximum sending rate exceeded.' }],
      ],
    ],
    [
      'it cannot be rendered',
      'queued',
      ['attempt 1: could not be rendered', 'waits. The email could not be rendered'],
      [
        { reason: 'cannot-be-rendered', detail: null, due_at: new Date(Date.now() + 600_000) },
        [{ outcome: 'given-back', error_code: 'cannot-be-rendered', error_message: '' }],
      ],
    ],
    [
      'its client needs evaluation',
      'queued',
      ['waits. The client changed in the practice software and is being evaluated again.'],
      [{ reason: 'being-decided-again', due_at: new Date(Date.now() + 60_000) }],
    ],
    [
      'it is on its way',
      'sending',
      ['being handed to Amazon SES', 'The email is being handed to Amazon SES.'],
      [{}, [{ outcome: null, answered_at: null }]],
    ],
    ['it was handed over', 'accepted', ['handed to Amazon SES'], [{}, [{}]]],
    ['it arrived', 'delivered', ['handed to Amazon SES', 'Welcome Email: delivered'], [{}, [{}], [['delivery', null]]]],
    [
      'it is delayed',
      'delayed',
      ['Welcome Email: delayed', 'the mailbox is busy'],
      [{}, [{}], [['deliverydelay', 'the mailbox is busy']]],
    ],
    [
      'it bounced',
      'bounced',
      [
        'Welcome Email: bounced',
        'no such user',
        'Correct the address in the practice software; the next sync then sends a new invitation.',
      ],
      [{}, [{}], [['bounce', 'no such user']]],
    ],
    [
      'a reset bounced',
      'bounced',
      ['Password reset: bounced', 'The pet parent logs in with this address: ask whether it works again.'],
      [{ kind: 'password-reset' }, [{}], [['bounce', 'no such user']]],
    ],
    [
      'the mailbox is full',
      'bounced',
      ['mailbox full', 'accepts no email at the moment', 'Resend it in a few days'],
      [{ reason: 'bounced-for-now' }, [{}], [['bounce', 'mailbox full']]],
    ],
    ['it was marked as spam', 'complained', ['marked as spam'], [{}, [{}], [['complaint', null]]]],
    [
      'SES refused it',
      'rejected',
      ['rejected by Amazon SES', 'Local address contains control or whitespace'],
      [
        { reason: 'refused-by-ses', detail: 'Local address contains control or whitespace' },
        [
          {
            outcome: 'rejected',
            error_code: 'InvalidParameterValue',
            error_message: 'Local address contains control or whitespace',
          },
        ],
      ],
    ],
    [
      'SES found a virus in it',
      'rejected',
      ['rejected by Amazon SES', 'Bad content'],
      [{ reason: 'rejected-by-ses' }, [{}], [['reject', 'Bad content']]],
    ],
    [
      'it failed',
      'failed',
      ['could not be sent', 'too large'],
      [{ detail: 'too large' }, [{ outcome: 'failed', error_message: 'too large' }]],
    ],
    [
      'the answer was lost',
      'uncertain',
      [
        'handed to Amazon SES, but the answer was lost',
        'socket hang up',
        'it is unknown whether it went out',
        'not sent again until its outcome is known',
        'record on the page of this email whether it arrived',
      ],
      [{ reason: 'answer-lost' }, [lost]],
    ],
    [
      'the worker died while sending it',
      'uncertain',
      ['being handed to Amazon SES', 'it is unknown whether it went out'],
      [{ reason: 'answer-lost' }, [{ outcome: null, answered_at: null }]],
    ],
    [
      'staff said that it arrived',
      'accepted',
      ['the answer was lost', 'staff reported that it arrived'],
      [{ reason: 'resolved-by-staff' }, [lost]],
    ],
    [
      'staff said that it did not arrive',
      'queued',
      ['staff reported that it did not arrive, so it is sent again'],
      [{ reason: 'resolved-by-staff' }, [lost]],
    ],
    [
      'a rule canceled it',
      'canceled',
      [
        'Welcome Email: canceled',
        'Their last pet died on 2026-11-19.',
        'Canceled before it went out. Their last pet died',
      ],
      [{ reason: 'grief-hold', detail: 'Their last pet died on 2026-11-19.' }],
    ],
    [
      'an older version recalled it',
      'canceled',
      ['The client is no longer eligible for an invitation.'],
      [{ reason: 'no-longer-right' }],
    ],
    [
      'staff recalled it',
      'recalled',
      ['Welcome Email: recalled', 'by Olive Owner'],
      [{ reason: 'recalled', detail: 'by Olive Owner' }],
    ],
    ['its attempts were deleted', 'delivered', ['Welcome Email: delivered']],
  ];

  it.each(states)('shows an email for which %s', async (_, state, says, rows = []) => {
    const { ofMail, both } = await pagesOf(state, ...rows);
    for (const words of says) expect(ofMail).toContain(words);
    // The person's page shows the same, except for the head of the email's page.
    const [flash] = says as [string];
    for (const page of both) expect(page).toContain(flash);
    for (const page of both) expect(page).toMatch(/(Welcome Email|Password reset): queued [^.]*\d\d\d\d, /);
  });

  it('message status: shows the front desk that no email was sent although there is an account', async () => {
    const { ofPerson } = await pagesOf('recalled', { reason: 'recalled', detail: 'by Olive Owner' });
    expect(ofPerson).toContain('No email went out. Staff recalled the email before it went out.');
  });
});

describe('console: the reason that a queued email waits', () => {
  const list = async () => read((await owner.get('/staff/email-marketing?practice=north')).body);
  const seesEverywhere = async (words: string[], mail: Partial<Row<'messages'>> = {}) => {
    const { both } = await pagesOf('queued', mail);
    for (const page of [...both, await list()]) for (const one of words) expect(page).toContain(one);
  };

  it('waiting email: shows that staff paused, who and since when, once', async () => {
    await owner.post('/staff/email-marketing/pause', { practice: 'north' }, '/staff/email-marketing');
    await seesEverywhere([
      'Mail is paused by olive of north.',
      'Emails wait until a manager or the owner resumes mail.',
    ]);
    expect(await list()).not.toContain('Paused by olive of north.');
  });

  it('waiting email: shows the safety stop', async () => {
    const why = '4 of 60 (6.7 %) emails bounced; at 3 % sending stops by itself.';
    await web.deps.db
      .updateTable('practices')
      .set({ email_paused_at: web.clock.now, email_paused_by: 'safety-stop', email_pause_reason: why })
      .execute();
    await seesEverywhere(['Mail was paused automatically.', why]);
  });

  it('waiting email: shows quiet hours, but not for a requested email', async () => {
    info = { quietUntil: new Date('2026-11-24T15:00:00Z') };
    await seesEverywhere(['Quiet hours: emails go out from Nov 24, 2026, 7:00 AM on.']);
    expect((await pagesOf('queued', { urgent: 1 })).ofMail).not.toContain('Quiet hours');
  });

  it('waiting email: shows the rollout', async () => {
    const place = {
      practice_id: 'north',
      position: 3,
      step: 25,
      allowance: 0,
      watch_until: new Date(web.clock.now.getTime() + 3_600_000),
      counted_at: null,
    };
    await web.deps.db.insertInto('fair_queue').values(place).execute();
    await seesEverywhere([
      'The first 25 emails are out. Bounces are watched until',
      'If few emails bounce, the rest follows automatically.',
    ]);
  });

  it('waiting email: shows that Amazon SES refuses all emails', async () => {
    const why = 'Amazon SES takes no email from this account (AccountSendingPausedException).';
    await web.deps.db
      .updateTable('email_sending')
      .set({ stopped_at: web.clock.now, stopped_code: 'ses-account', stopped_why: why })
      .execute();
    await seesEverywhere(['Sending is stopped for all practices.', why, 'you need not resend anything']);
  });

  it('waiting email: shows that the daily quota is used up', async () => {
    await web.deps.db
      .updateTable('email_sending')
      .set({ quota_per_second: 14, quota_24_hours: 200, quota_sent: 200, quota_read_at: web.clock.now })
      .execute();
    await seesEverywhere(['The daily quota of Amazon SES is used up']);
  });

  it('waiting email: shows that the practice was removed from the configuration', async () => {
    info = null;
    const { both } = await pagesOf('queued');
    for (const page of both) expect(page).toContain('The configuration does not name this practice.');
  });
});
