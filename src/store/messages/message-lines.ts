import { sql } from 'kysely';
import type { PetParentKind } from '../../domain/message/message-kinds.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { canSeeAccount } from '../accounts/account-access.js';
import type { Database } from '../db/database.js';
import type { MessageStatus, Row } from '../db/tables.js';

/** A row of an email to a pet parent. */
export type PetParentMessage = Row<'messages'> & { practice_id: string; account_id: string; kind: PetParentKind };

/**
 * One message of a practice with its recipient. If another practice issued the login, name and address are those of
 * this practice's own client, and the only fact about the account is whether the person uses it.
 */
export interface MessageLine {
  id: string;
  practiceId: string;
  accountId: string;
  clientPimsId: string | null;
  name: string;
  /** The address with which the person logs in now. */
  email: string;
  /** The address it was sent to; null before the first attempt, or after the attempts were deleted. */
  sentTo: string | null;
  /** The account's address has changed since this message. */
  left: boolean;
  kind: PetParentKind;
  state: MessageStatus;
  reason: string | null;
  detail: string | null;
  createdAt: Date;
  changedAt: Date;
  /** Whether the viewer's practices may see the account. */
  canSee: boolean;
  isUsed: boolean;
  firstLoginAt: Date | null;
}

const columns = [
  'w.id',
  'w.practice_id',
  'w.account_id',
  'w.client_pims_id',
  'w.kind',
  'w.state',
  'w.reason',
  'w.detail',
  'w.due_at',
  'w.created_at',
  'w.changed_at',
  'w.superseded',
  't.email as sent_to',
  'a.email',
  'a.first_name',
  'a.last_name',
  'a.first_login_at',
] as const;

/** Selects messages to pet parents, each with its account and its last attempt. */
export function joinedMessages(db: Database, hint = '') {
  return db
    .selectFrom(sql<PetParentMessage>`messages`.as<'w'>(sql.raw(`w ${hint}`)))
    .innerJoin('accounts as a', 'a.id', 'w.account_id')
    .leftJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .leftJoin('send_attempts as t', (join) =>
      join.onRef('t.message_id', '=', 'w.id').onRef('t.number', '=', 'w.attempts'),
    );
}

/** Selects what a line shows. */
export function lineQuery(db: Database, allowed: AllowedPractices, hint = '') {
  return joinedMessages(db, hint)
    .select(columns)
    .select(canSeeAccount(allowed, 'a.id', 'c.issuing_practice_id').as('can_see'))
    .where('w.practice_id', 'in', allowed.idsForQuery);
}

type MailRow = Awaited<ReturnType<ReturnType<typeof lineQuery>['execute']>>[number];

function isForAnother(row: MailRow, sentTo: string | null): boolean {
  if (sentTo !== null) return sentTo.toLowerCase() !== row.email.toLowerCase();
  return row.superseded === 1 || row.reason === 'email-changed';
}

/** Turns rows into lines; a row whose account the viewer may not see gets the name of the practice's own client. */
export async function asLines(db: Database, rows: readonly MailRow[]): Promise<MessageLine[]> {
  const hidden = rows.filter((row) => !row.can_see);
  const clients = await clientsOf(
    db,
    hidden[0]?.practice_id ?? '',
    hidden.map((row) => row.account_id),
  );
  return rows.map((row) => asLine(row, clients.get(row.account_id)));
}

function asLine(row: MailRow, client: OwnClient | undefined): MessageLine {
  // A queued message has no address yet: it goes to the account's address at the time of sending.
  const sentTo = row.state === 'queued' ? null : row.sent_to;
  return {
    id: row.id,
    practiceId: row.practice_id,
    accountId: row.account_id,
    clientPimsId: row.client_pims_id,
    ...(row.can_see
      ? { name: nameOf(row) || row.email, email: row.email }
      : { name: client?.name ?? 'A former client', email: sentTo ?? client?.email ?? '' }),
    canSee: Boolean(row.can_see),
    isUsed: row.first_login_at !== null,
    sentTo,
    left: row.state !== 'recalled' && isForAnother(row, sentTo),
    kind: row.kind,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    firstLoginAt: row.can_see ? row.first_login_at : null,
  };
}

export interface AccountName {
  name: string;
  pimsId: string;
}

/** Returns the names of accounts at one practice, each with a client record to link to. */
export async function namesOfAccounts(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  accountIds: readonly string[],
): Promise<Map<string, AccountName>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('accounts as a')
    .innerJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .select(['a.id', 'a.first_name', 'a.last_name', 'a.email'])
    .where('a.id', 'in', [...new Set(accountIds)])
    .where(canSeeAccount(allowed, 'a.id', 'c.issuing_practice_id'))
    .execute();
  const seen = new Map(rows.map((row) => [row.id, nameOf(row) || row.email]));
  const clients = await clientsOf(db, allowed.require(practiceId), accountIds);
  return new Map([...clients].map(([id, { name, pimsId }]) => [id, { name: seen.get(id) ?? name, pimsId }]));
}

interface OwnClient extends AccountName {
  email: string | null;
}

/** Returns the clients of one practice linked to these accounts, as its PIMS has them; one per account. */
async function clientsOf(
  db: Database,
  practiceId: string,
  accountIds: readonly string[],
): Promise<Map<string, OwnClient>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('account_links as l')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'l.practice_id').onRef('c.pims_id', '=', 'l.client_pims_id'),
    )
    .select(['l.account_id', 'c.pims_id', 'c.display_id', 'c.first_name', 'c.last_name', 'c.company_name'])
    .select('c.email_key')
    .where('l.practice_id', '=', practiceId)
    .where('l.account_id', 'in', [...new Set(accountIds)])
    .orderBy('c.pims_id', 'desc')
    .execute();
  return new Map(
    rows.map((row) => [
      row.account_id,
      {
        name: nameOf(row) || row.company_name || `Client ${row.display_id ?? row.pims_id}`,
        pimsId: row.pims_id,
        email: row.email_key,
      },
    ]),
  );
}

function nameOf(row: { first_name: string | null; last_name: string | null }): string {
  return [row.first_name, row.last_name].filter(Boolean).join(' ');
}
