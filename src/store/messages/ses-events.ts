import { readAddress } from '../../domain/client/email-address.js';
import { grouped } from '../../lib/group-by.js';
import type { Clock, NewId } from '../../lib/ids.js';
import { seen, type Evidence, type Seen } from '../../domain/message/message-status.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { openBounceTask, unreachedMessage, type UnreachedMessage } from './bounce-tasks.js';
import { suppress } from './suppressions.js';
import type { Row } from '../db/tables.js';
import { markClientsWithAddress } from '../clients/needs-evaluation.js';

/** An SES event whose signature was verified. */
export interface IncomingEvent {
  /** SNS's message id; a repeated delivery has the same. */
  id: string;
  type: string;
  evidence: Evidence | null;
  happenedAt: Date;
  sesMessageId: string;
  messageId: string | null;
  attemptId: string | null;
  /** The addresses as the receiving side reports them; after a forward they differ from the address we wrote to. */
  recipients: readonly string[];
  detail: string | null;
  suppress: 'bounced' | 'complained' | null;
}

export type Taken = 'taken' | 'known' | 'not-ours';

export interface SesEventDeps {
  db: Database;
  clock: Clock;
  newId: NewId;
  /** Returns the name of the email field in the practice's PIMS, for staff who correct it. */
  emailField(practiceId: string): Promise<string>;
}

type Mail = Pick<Row<'messages'>, 'id' | 'practice_id' | 'account_id' | 'state' | 'reason' | 'accepted_at'>;
interface Matched {
  event: IncomingEvent;
  attemptId: string;
  /** The address of this attempt; null if none is stored. */
  sentTo: string | null;
  mail: Mail;
}

/** Processes SES's events. Any order and any repetition of events leads to the same status. */
export function createSesEvents({ db, clock, newId, emailField }: SesEventDeps) {
  return {
    /** Processes a batch in one transaction. @returns the result of each, in order */
    async takeMany(events: readonly IncomingEvent[]): Promise<Taken[]> {
      return inTransaction(db, async (trx) => {
        const now = clock();
        const known = await knownIds(trx, events);
        const fresh = firstOfEach(events.filter(({ id }) => !known.has(id)));
        const matched = await match(trx, fresh);
        await keep(trx, matched, now);
        await advance(trx, matched, now);
        await drawConsequences(trx, matched, now);
        const ours = new Set(matched.map(({ event }) => event.id));
        return events.map(({ id }) => (known.has(id) ? 'known' : ours.has(id) ? 'taken' : 'not-ours'));
      });
    },
  };

  async function drawConsequences(trx: DatabaseTransaction, matched: readonly Matched[], now: Date): Promise<void> {
    const bad = matched.filter(({ event }) => event.suppress !== null);
    if (bad.length === 0) return;
    const accounts = await trx
      .selectFrom('accounts')
      .select(['id', 'email', 'email_key', 'first_login_at'])
      .where('id', 'in', present(bad.map(({ mail }) => mail.account_id)))
      .execute();
    const accountOf = new Map(accounts.map((account) => [account.id, account]));
    const unreached: UnreachedMessage[] = [];
    for (const { event, sentTo, mail } of bad) {
      const account = accountOf.get(mail.account_id ?? '');
      const address = sentTo ?? account?.email;
      const reason = event.suppress;
      if (!address || !reason) continue;
      // The account's address may have changed since; the old one bounced.
      const emailKey = address.toLowerCase();
      await suppress(trx, [{ emailKey, reason, detail: event.detail }], now);
      // Every client with this address, at any practice, is evaluated again.
      await markClientsWithAddress(trx, emailKey);
      // A staff member has no account: their owner sees on the staff page what became of the email.
      if (account?.email_key !== emailKey || mail.practice_id === null) continue;
      const at = { practiceId: mail.practice_id, accountId: account.id };
      const field = await emailField(mail.practice_id);
      const loggedIn = account.first_login_at !== null;
      unreached.push(unreachedMessage(at, { address, reason, said: event.detail, field, loggedIn }));
    }
    await openBounceTask(trx, unreached, newId, now);
    await trx
      .updateTable('fair_queue')
      .set({ counted_at: null })
      .where('practice_id', 'in', present(bad.map(({ mail }) => mail.practice_id)))
      .execute();
  }
}

/** Returns the ids that are present, once each; a list for SQL, so never empty. */
function present(ids: readonly (string | null)[]): string[] {
  return [...new Set(ids.map((id) => id ?? ''))];
}

export type SesEvents = ReturnType<typeof createSesEvents>;

async function knownIds(trx: DatabaseTransaction, events: readonly IncomingEvent[]): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('ses_events')
    .select('id')
    .where(
      'id',
      'in',
      events.map(({ id }) => id),
    )
    .execute();
  return new Set(rows.map(({ id }) => id));
}

function firstOfEach(events: readonly IncomingEvent[]): IncomingEvent[] {
  return [...new Map([...events].reverse().map((event) => [event.id, event])).values()];
}

/** Finds the message of each event: by our tags, or by SES's own id if the tags are absent. */
async function match(trx: DatabaseTransaction, events: readonly IncomingEvent[]): Promise<Matched[]> {
  if (events.length === 0) return [];
  const tagged = events.map(({ attemptId }) => attemptId).filter((id) => id !== null);
  const attempts = await trx
    .selectFrom('send_attempts')
    .select(['id', 'message_id', 'ses_message_id', 'email'])
    .where((eb) =>
      eb.or([
        eb(
          'ses_message_id',
          'in',
          events.map(({ sesMessageId }) => sesMessageId),
        ),
        ...(tagged.length > 0 ? [eb('id', 'in', tagged)] : []),
      ]),
    )
    .execute();
  if (attempts.length === 0) return [];
  const mails = await trx
    .selectFrom('messages')
    .select(['id', 'practice_id', 'account_id', 'state', 'reason', 'accepted_at'])
    .where('id', 'in', [...new Set(attempts.map((attempt) => attempt.message_id))])
    .orderBy('id')
    .forUpdate()
    .execute();
  const mailOf = new Map(mails.map((mail) => [mail.id, mail]));
  return events.flatMap((event) => {
    const attempt =
      attempts.find(({ id }) => id === event.attemptId) ??
      attempts.find((one) => one.ses_message_id === event.sesMessageId);
    const mail = attempt ? mailOf.get(attempt.message_id) : undefined;
    if (!attempt || !mail) return [];
    const { id: attemptId, email: sentTo } = attempt;
    return [{ event: { ...event, detail: detailWithVia(event, sentTo) }, attemptId, sentTo, mail }];
  });
}

/**
 * Returns the receiving side's explanation, with the address that it reports if that differs from the one we wrote to.
 */
function detailWithVia(
  { detail, recipients }: Pick<IncomingEvent, 'detail' | 'recipients'>,
  sentTo: string | null,
): string | null {
  const [via, ...more] = recipients.map(addressKey);
  if (!via || sentTo === null || [via, ...more].includes(addressKey(sentTo))) return detail;
  return detail === null ? `via ${via}` : `${detail.slice(0, 240)}, via ${via}`;
}

/** Returns an address without its display name, normalized for comparison. */
function addressKey(text: string): string {
  const bare = (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim();
  const read = readAddress(bare);
  return typeof read === 'object' ? read.key : bare.toLowerCase();
}

async function keep(trx: DatabaseTransaction, matched: readonly Matched[], now: Date): Promise<void> {
  await insertMany(
    trx,
    'ses_events',
    matched.map(({ event, attemptId, mail }) => ({
      id: event.id,
      message_id: mail.id,
      attempt_id: attemptId,
      type: event.type.slice(0, 40),
      happened_at: event.happenedAt,
      received_at: now,
      detail: event.detail?.slice(0, 500) ?? null,
    })),
    'ON DUPLICATE KEY UPDATE id = ses_events.id',
  );
}

/** Moves the messages by all events of this batch; one statement for those with the same change. */
async function advance(trx: DatabaseTransaction, matched: readonly Matched[], now: Date): Promise<void> {
  const moves = new Map<string, { to: Seen; detail: string | null; ids: string[] }>();
  const ofMessage = ({ mail }: Matched) => mail.id;
  for (const mine of grouped(matched, ofMessage, (one) => one).values()) {
    const { mail } = mine[0] as Matched;
    let to: Seen = mail;
    let detail: string | null = null;
    for (const { event } of mine) {
      const next = event.evidence ? seen(to, event.evidence) : null;
      if (!next) continue;
      to = next;
      detail = event.detail?.slice(0, 500) ?? null;
    }
    if (to === mail) continue;
    if (mail.state !== 'sending' && mail.accepted_at === null) await findLostAnswers(trx, mine, now);
    const key = JSON.stringify([to.state, to.reason, detail]);
    const move = moves.get(key) ?? { to, detail, ids: [] };
    move.ids.push(mail.id);
    moves.set(key, move);
  }
  for (const { to, detail, ids } of moves.values()) {
    await trx
      .updateTable('messages')
      .set((eb) => ({
        state: to.state,
        reason: to.reason,
        detail,
        open_key: null,
        enqueued_at: null,
        position: null,
        accepted_at: eb.fn.coalesce('accepted_at', eb.val(now)),
        changed_at: now,
      }))
      .where('id', 'in', ids)
      .execute();
  }
}

/** Stores SES's id for a message whose answer was lost and that SES has: later events then match by that id too. */
async function findLostAnswers(trx: DatabaseTransaction, matched: readonly Matched[], now: Date): Promise<void> {
  for (const { event, attemptId } of matched) {
    await trx
      .updateTable('send_attempts')
      .set({ ses_message_id: event.sesMessageId, outcome: 'accepted', answered_at: now })
      .where('id', '=', attemptId)
      .where('ses_message_id', 'is', null)
      .execute();
  }
}
