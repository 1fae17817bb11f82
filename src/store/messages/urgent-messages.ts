import type { NewId } from '../../lib/ids.js';
import { carriesLogin, type MessageKind } from '../../domain/message/message-kinds.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { NewRow, Row } from '../db/tables.js';

/**
 * Builds the key that allows one open message of the same content per person and practice: two clicks, or a click and a
 * sync, create one message. A new temporary password counts as a Welcome Email.
 */
export function openKey(kind: MessageKind, accountId: string, practiceId: string): string {
  return `${carriesLogin({ kind }) ? 'welcome' : kind}.${accountId}.${practiceId}`;
}

/** A message that a person waits for, and the people and the practice it is about. */
type UrgentMessage = Pick<NewRow<'messages'>, 'id' | 'kind'> & {
  requestedBy: string;
  openKey: string;
  about: Pick<NewRow<'messages'>, 'practice_id' | 'account_id' | 'staff_id' | 'branding_practice_id'>;
};

interface OpenMessage {
  id: string;
  state: Row<'messages'>['state'];
}

/** Finds the open message with this key and locks it until the transaction ends. */
export async function lockOpenMessage(trx: DatabaseTransaction, key: string): Promise<OpenMessage | undefined> {
  return trx.selectFrom('messages').select(['id', 'state']).where('open_key', '=', key).forUpdate().executeTakeFirst();
}

/**
 * Queues a message that goes before all campaigns. If one like it is queued, hastens that one; if one is being sent, adds
 * none. An uncertain one makes way, because the person does not have it.
 *
 * @returns the id of the message that the person gets
 */
export async function queueUrgent(trx: DatabaseTransaction, message: UrgentMessage, now: Date): Promise<string> {
  const { id, kind, openKey: key, about } = message;
  const requestedBy = message.requestedBy.slice(0, 200);
  const open = await lockOpenMessage(trx, key);
  if (open?.state === 'sending') return open.id;
  if (open?.state === 'queued') {
    const hastened = { urgent: 1, due_at: now, enqueued_at: null, requested_by: requestedBy };
    await trx.updateTable('messages').set(hastened).where('id', '=', open.id).execute();
    return open.id;
  }
  if (open) await trx.updateTable('messages').set({ open_key: null }).where('id', '=', open.id).execute();
  const times = { due_at: now, created_at: now, changed_at: now };
  await trx
    .insertInto('messages')
    .values({ ...about, ...times, id, kind, state: 'queued', requested_by: requestedBy, urgent: 1, open_key: key })
    .onDuplicateKeyUpdate((eb) => ({ id: eb.ref('messages.id') }))
    .execute();
  const row = await trx.selectFrom('messages').select('id').where('open_key', '=', key).executeTakeFirst();
  return row?.id ?? id;
}

export interface StaffEmail {
  staffId: string;
  /** The practice whose branding the email carries; null for an operator's. */
  practiceId: string | null;
  kind: MessageKind;
  requestedBy: string;
}

/** Queues an email to a staff member. The caller enqueues `dispatch-messages`. */
export async function queueStaffEmail(
  trx: DatabaseTransaction,
  { staffId, practiceId, kind, requestedBy }: StaffEmail,
  newId: NewId,
  now: Date,
): Promise<void> {
  const about = { staff_id: staffId, branding_practice_id: practiceId };
  await queueUrgent(trx, { id: newId(), kind, requestedBy, openKey: `${kind}.${staffId}`, about }, now);
}

/** The status of an email to a staff member, as the staff page shows it. */
export type StaffEmailStatus = Pick<Row<'messages'>, 'kind' | 'state' | 'reason' | 'detail' | 'changed_at'>;

/** Returns the last email to each of these staff members. */
export async function lastStaffEmails(
  db: Database,
  staffIds: readonly string[],
): Promise<Map<string | null, StaffEmailStatus>> {
  if (staffIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('messages')
    .select(['staff_id', 'kind', 'state', 'reason', 'detail', 'changed_at'])
    .where('staff_id', 'in', [...staffIds])
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ staff_id, ...email }) => [staff_id, email]));
}
