import { openStatuses } from '../../domain/message/message-status.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { camelCased, type CamelCased } from '../db/camel-case.js';
import type { Row } from '../db/tables.js';
import type { PetParentMessage } from './message-lines.js';

/** A message with its history. */
export interface MessageDetail {
  message: CamelCased<PetParentMessage>;
  attempts: CamelCased<Row<'send_attempts'>>[];
  events: CamelCased<Row<'ses_events'>>[];
}

const mailsShown = 30;

/** Lists the newest messages to an account and all that are still open, newest first, with SES's events about each. */
export async function messagesForAccount(
  db: Database,
  allowed: AllowedPractices,
  accountId: string,
  limit = mailsShown,
): Promise<MessageDetail[]> {
  const mails = db
    .selectFrom('messages')
    .selectAll()
    .$castTo<PetParentMessage>()
    .where('account_id', '=', accountId)
    .where('practice_id', 'in', allowed.idsForQuery)
    .orderBy('created_at', 'desc');
  const newest = await mails.limit(limit).execute();
  const open = newest.length < limit ? [] : await mails.where('state', 'in', openStatuses).execute();
  const shown = new Set(newest.map(({ id }) => id));
  return withHistory(db, [...newest, ...open.filter(({ id }) => !shown.has(id))]);
}

/** Loads one message with SES's events about it; null if these practices have none. */
export async function messageWithHistory(
  db: Database,
  allowed: AllowedPractices,
  messageId: string,
): Promise<MessageDetail | null> {
  const mails = await db
    .selectFrom('messages')
    .selectAll()
    .$castTo<PetParentMessage>()
    .where('id', '=', messageId)
    .where('practice_id', 'in', allowed.idsForQuery)
    .execute();
  return (await withHistory(db, mails))[0] ?? null;
}

async function withHistory(db: Database, messages: readonly PetParentMessage[]): Promise<MessageDetail[]> {
  if (messages.length === 0) return [];
  const ids = messages.map(({ id }) => id);
  const [attempts, events] = await Promise.all([
    db.selectFrom('send_attempts').selectAll().where('message_id', 'in', ids).orderBy('number').execute(),
    db.selectFrom('ses_events').selectAll().where('message_id', 'in', ids).orderBy('happened_at').execute(),
  ]);
  return messages.map((message) => ({
    message: camelCased(message),
    attempts: attempts.filter((attempt) => attempt.message_id === message.id).map(camelCased),
    events: events.filter((event) => event.message_id === message.id).map(camelCased),
  }));
}
