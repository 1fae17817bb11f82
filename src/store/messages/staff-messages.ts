import type { NewId } from '../../lib/ids.js';
import type { Secret } from '../../lib/secret.js';
import { seen, type Evidence } from '../../domain/message/message-status.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { saveResetTokens, newResetToken } from '../access/reset-tokens.js';
import { detailWithVia, type IncomingEvent } from './ses-events.js';
import { suppress } from './suppressions.js';
import type { Row, StaffMailKind } from '../db/tables.js';

/** Validity of an invitation's link in hours. */
export const invitationHours = 72;
/** A link that could not be sent for this long is not worth sending any more. */
const givenUpAfterMs = 24 * 3600_000;
/** A sending attempt without an answer for this long has lost it. */
const answersWithinMs = 5 * 60_000;

export interface NewStaffMail {
  staffId: string;
  /** The practice whose branding the email carries; null for an operator's. */
  practiceId: string | null;
  kind: StaffMailKind;
  requestedBy: string;
}

/** A claimed email to a staff member. The link's token exists only here and in the email. */
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

/** The status of an email, as the staff page shows it. */
export type StaffMailState = Pick<Row<'staff_messages'>, 'kind' | 'state' | 'detail' | 'changed_at'>;

/** Queues an email; while one of its kind is open, a second request adds none. @returns the id of the open one */
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
 * Claims a queued email by moving it to `sending`, committed before SES is called, and creates its link, of which the
 * database stores only a hash. Links of earlier emails stay valid, because people press the first one they find.
 *
 * @param hours validity of each kind's link
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
      ? 'The access of this person was revoked.'
      : mail.suppressed === 'bounced'
        ? 'An earlier email to this address bounced.'
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

/** The result of an attempt; `queued` schedules another attempt at `again`. */
export type StaffMailEnd =
  | { state: 'accepted'; messageId: string }
  | { state: 'rejected' | 'uncertain'; detail: string }
  | { state: 'queued'; detail: string; again: Date };

/** Records the result of an attempt; if an SES event arrived earlier, its status stays. */
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

/** Lists due emails, for the sweep to enqueue again. */
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

/**
 * Marks emails as uncertain if a worker died between claim and answer: SES may or may not have them. They are never
 * sent again automatically.
 */
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
 * Records an SES event about an email to staff: accepted, bounced, rejected afterwards, or marked as spam. Repeated,
 * late or reordered events lead to the same status, as for pet parents' emails.
 *
 * @param event `attemptId` is the email's own id, which was sent with it as a tag
 * @returns whether the event is about an email to staff
 */
export async function noteStaffMailEvent(
  db: Database,
  event: Pick<IncomingEvent, 'sesMessageId' | 'attemptId' | 'recipients' | 'detail' | 'suppress' | 'evidence'>,
  now: Date,
): Promise<boolean> {
  const found = await db
    .selectFrom('staff_messages as m')
    .innerJoin('staff as s', 's.id', 'm.staff_id')
    // A staff member's address never changes, so the email went to this one.
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
    state === 'rejected' ? `Amazon SES accepted it and then rejected it (${said ?? 'no reason given'}).` : said;
  return detail?.slice(0, 500) ?? null;
}

/**
 * Returns the next status; null if the event changes nothing. Delivered counts as accepted, because the difference does
 * not matter to the person who sent the invitation.
 */
function stateAfter(
  { state, ses_message_id }: Pick<Row<'staff_messages'>, 'state' | 'ses_message_id'>,
  evidence: Evidence,
): Row<'staff_messages'>['state'] | null {
  // An email refused at once has no id from SES; one rejected later has.
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

/** Returns the last email to each of these people. */
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

/** Tells whether SES has ever answered here. Until then staff pass on links themselves. */
export async function mailIsSetUp(db: Database): Promise<boolean> {
  const lane = await db
    .selectFrom('email_sending')
    .select('quota_read_at')
    .where('name', '=', 'ses')
    .executeTakeFirst();
  return (lane?.quota_read_at ?? null) !== null;
}
