import type { NewId } from '../../lib/ids.js';
import type { Secret } from '../../lib/secret.js';
import { seen, type Evidence } from '../../domain/message/message-status.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { saveResetTokens, newResetToken } from '../access/reset-tokens.js';
import { detailWithVia, type IncomingEvent } from './ses-events.js';
import { suppress } from './suppressions.js';
import type { Row, StaffMailKind } from '../db/tables.js';

/** Hours that the link of an invitation works. */
export const invitationHours = 72;
/** A link that nobody could be sent for so long is not worth sending any more. */
const givenUpAfterMs = 24 * 3600_000;
/** A hand-over without an answer for so long has lost it. */
const answersWithinMs = 5 * 60_000;

export interface NewStaffMail {
  staffId: string;
  /** Whose name it carries; null for an operator's. */
  practiceId: string | null;
  kind: StaffMailKind;
  requestedBy: string;
}

/** An email that is ours to hand over. The link's token exists here and in the email, and nowhere else. */
export interface StaffMailClaim {
  id: string;
  kind: StaffMailKind;
  practiceId: string | null;
  requestedBy: string;
  name: string;
  email: string;
  token: Secret;
  expiresAt: Date;
}

/** What became of an email, as the staff page shows it. */
export type StaffMailState = Pick<Row<'staff_messages'>, 'kind' | 'state' | 'detail' | 'changed_at'>;

/** Owes an email; asking again while one of its kind is open adds none. @returns the open one's id */
export async function queueStaffMessage(
  trx: Database | DatabaseTransaction,
  mail: NewStaffMail,
  newId: NewId,
  now: Date,
): Promise<string> {
  const openKey = `${mail.kind}.${mail.staffId}`;
  await trx
    .insertInto('staff_messages')
    .values({
      id: newId(),
      staff_id: mail.staffId,
      practice_id: mail.practiceId,
      kind: mail.kind,
      state: 'queued',
      requested_by: mail.requestedBy.slice(0, 200),
      due_at: now,
      ses_message_id: null,
      detail: null,
      created_at: now,
      changed_at: now,
      open_key: openKey,
    })
    .onDuplicateKeyUpdate({ due_at: now })
    .execute();
  const row = await trx
    .selectFrom('staff_messages')
    .select('id')
    .where('open_key', '=', openKey)
    .executeTakeFirstOrThrow();
  return row.id;
}

/**
 * Claims an owed mail by going from `owed` to `sending`, committed before SES hears of it; and makes its link, of which
 * only a hash is stored. Links of earlier emails stay valid: people press the first one they find.
 *
 * @param hours how long the link of each kind works
 */
export async function claimStaffMail(
  db: Database,
  id: string,
  hours: Readonly<Record<StaffMailKind, number>>,
  now: Date,
): Promise<{ claim: StaffMailClaim } | { skipped: string }> {
  return inTransaction(db, async (trx) => {
    const mail = await trx
      .selectFrom('staff_messages as m')
      .innerJoin('staff as s', 's.id', 'm.staff_id')
      .leftJoin('suppressions as x', 'x.email_key', 's.email_key')
      .selectAll('m')
      .select(['s.name', 's.email', 's.disabled_at', 'x.reason as suppressed'])
      .where('m.id', '=', id)
      .where('m.state', '=', 'queued')
      .forUpdate()
      .executeTakeFirst();
    if (!mail || mail.due_at > now) return { skipped: 'not owed' };
    const why = mail.disabled_at
      ? 'The access of this person was ended.'
      : mail.suppressed === 'bounced'
        ? 'An earlier mail to this address came back.'
        : now.getTime() - mail.created_at.getTime() > givenUpAfterMs
          ? 'It could not be sent within a day.'
          : null;
    if (why) {
      const change = { state: 'canceled' as const, detail: why, open_key: null, changed_at: now };
      await trx.updateTable('staff_messages').set(change).where('id', '=', id).execute();
      return { skipped: 'canceled' };
    }
    await trx
      .updateTable('staff_messages')
      .set((eb) => ({ state: 'sending' as const, attempts: eb('attempts', '+', 1), changed_at: now }))
      .where('id', '=', id)
      .execute();
    const token = newResetToken();
    const expiresAt = new Date(now.getTime() + hours[mail.kind] * 3600_000);
    await saveResetTokens(trx, [{ kind: 'staff', subjectId: mail.staff_id, token, expiresAt }], now);
    const { kind, practice_id: practiceId, requested_by: requestedBy, name, email } = mail;
    return { claim: { id, kind, practiceId, requestedBy, name, email, token, expiresAt } };
  });
}

/** How a hand-over ended; `again` gives it back to be tried later. */
export type StaffMailEnd =
  | { state: 'accepted'; messageId: string }
  | { state: 'rejected' | 'uncertain'; detail: string }
  | { state: 'queued'; detail: string; again: Date };

/** Writes down how a hand-over ended; an SES event that was quicker stays. */
export async function endStaffMail(db: Database, id: string, end: StaffMailEnd, now: Date): Promise<void> {
  await db
    .updateTable('staff_messages')
    .set({
      state: end.state,
      detail: 'detail' in end ? end.detail.slice(0, 500) : null,
      changed_at: now,
      ...(end.state === 'accepted' ? { ses_message_id: end.messageId } : {}),
      ...(end.state === 'queued' ? { due_at: end.again } : { open_key: null }),
    })
    .where('id', '=', id)
    .where('state', '=', 'sending')
    .execute();
}

/** Those that are due, for the sweep to ask for again. */
export async function dueStaffMails(db: Database, now: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('staff_messages')
    .select('id')
    .where('state', '=', 'queued')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(100)
    .execute();
  return rows.map(({ id }) => id);
}

/** A worker that died between claim and answer: SES may or may not have the email. Never sent again by guess. */
export async function loseStaleStaffMails(db: Database, now: Date): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('staff_messages')
    .set({ state: 'uncertain', open_key: null, changed_at: now })
    .where('state', '=', 'sending')
    .where('changed_at', '<', new Date(now.getTime() - answersWithinMs))
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * What SES tells of an email to staff: that it has it, that it came back, that it would not send it after all, or that it
 * was marked as spam. Told twice, late or in another order it ends the same, as for pet parents' emails.
 *
 * @param event `attemptId` is the mail's own id, which went with it as a tag
 * @returns whether the email is one of these
 */
export async function noteStaffMailEvent(
  db: Database,
  event: Pick<IncomingEvent, 'sesMessageId' | 'attemptId' | 'recipients' | 'detail' | 'suppress' | 'evidence'>,
  now: Date,
): Promise<boolean> {
  const found = await db
    .selectFrom('staff_messages as m')
    .innerJoin('staff as s', 's.id', 'm.staff_id')
    // A member of staff keeps their address, so this is where the mail went.
    .select(['m.id', 's.email_key'])
    .where((eb) => eb.or([eb('m.ses_message_id', '=', event.sesMessageId), eb('m.id', '=', event.attemptId ?? '-')]))
    .executeTakeFirst();
  if (!found) return false;
  const detail = detailWithVia(event, found.email_key);
  if (event.suppress) {
    await suppress(db, [{ emailKey: found.email_key, reason: event.suppress, detail }], now);
  }
  await inTransaction(db, async (trx) => {
    const mail = await trx
      .selectFrom('staff_messages')
      .select(['state', 'ses_message_id'])
      .where('id', '=', found.id)
      .forUpdate()
      .executeTakeFirst();
    const state = mail && stateAfter(mail, event.evidence ?? 'sent');
    if (!state) return;
    await trx
      .updateTable('staff_messages')
      .set({
        state,
        detail: detailOf(state, detail),
        ses_message_id: event.sesMessageId,
        open_key: null,
        changed_at: now,
      })
      .where('id', '=', found.id)
      .execute();
  });
  return true;
}

function detailOf(state: Row<'staff_messages'>['state'], said: string | null): string | null {
  if (state === 'accepted') return null;
  const detail =
    state === 'rejected' ? `Amazon SES took it and then would not send it (${said ?? 'no reason given'}).` : said;
  return detail?.slice(0, 500) ?? null;
}

/** Null when it tells nothing new. Whether it is delivered or only taken makes no difference to whoever invited. */
function stateAfter(
  { state, ses_message_id }: Pick<Row<'staff_messages'>, 'state' | 'ses_message_id'>,
  evidence: Evidence,
): Row<'staff_messages'>['state'] | null {
  // Refused at once SES never had it; refused afterwards it had given it an id.
  const reason = state === 'rejected' && ses_message_id !== null ? 'rejected-by-ses' : null;
  const next = seen({ state, reason }, evidence);
  if (!next) return null;
  const now =
    next.state === 'rejected' || next.state === 'complained'
      ? next.state
      : next.state === 'bounced' && next.reason === null
        ? 'bounced'
        : 'accepted';
  return now === state ? null : now;
}

/** The last mail to each of these people. */
export async function lastStaffMails(db: Database, staffIds: readonly string[]): Promise<Map<string, StaffMailState>> {
  if (staffIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('staff_messages')
    .select(['staff_id', 'kind', 'state', 'detail', 'changed_at'])
    .where('staff_id', 'in', [...staffIds])
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ staff_id, ...mail }) => [staff_id, mail]));
}

/** Whether SES has ever answered here. Until then links are handed over by people. */
export async function mailIsSetUp(db: Database): Promise<boolean> {
  const lane = await db
    .selectFrom('email_sending')
    .select('quota_read_at')
    .where('name', '=', 'ses')
    .executeTakeFirst();
  return (lane?.quota_read_at ?? null) !== null;
}
