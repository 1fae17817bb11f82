import { sql } from 'kysely';
import { canSeeAccount } from '../accounts/account-access.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { searchPetParents } from '../pet-parents/pet-parent-search.js';
import type { Row, MessageKind, MessageStatus } from '../db/tables.js';

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
  kind: MessageKind;
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

export interface MailFilter {
  practiceId: string;
  states: readonly MessageStatus[] | null;
  kind: MessageKind | null;
  /** Excludes messages to former addresses, because nobody needs to act on them. */
  current?: boolean;
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

/** Selects messages, each with its account and its last attempt. */
function joined(db: Database, hint = '') {
  return db
    .selectFrom(sql<Row<'messages'>>`messages`.as<'w'>(sql.raw(`w ${hint}`)))
    .innerJoin('accounts as a', 'a.id', 'w.account_id')
    .leftJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .leftJoin('send_attempts as t', (join) =>
      join.onRef('t.message_id', '=', 'w.id').onRef('t.number', '=', 'w.attempts'),
    );
}

function mailQuery(db: Database, allowed: AllowedPractices, hint = '') {
  return joined(db, hint)
    .select(columns)
    .select(canSeeAccount(allowed, 'a.id', 'c.issuing_practice_id').as('can_see'))
    .where('w.practice_id', 'in', allowed.idsForQuery);
}

/** Matches messages to a former address, like `left` of a line. */
const wasForAnother = sql<boolean>`COALESCE(t.email <> a.email, w.superseded = 1)`;

/**
 * Lists a practice's messages, newest first: all of them in the order of creation, those in some statuses in the order
 * of their due time, because an index exists for each of these orders. `next` is the place of a page's last message and
 * leads to the next page.
 */
export async function listMails(
  db: Database,
  allowed: AllowedPractices,
  filter: MailFilter,
  after: string | null,
  limit: number,
): Promise<{ lines: MessageLine[]; next: string | null }> {
  const place = after === null ? null : readPlace(after);
  // Without the hint, the database may read all practices' messages in the order of their ids until it has a page of
  // this practice.
  let query = mailQuery(db, allowed, filter.states ? '' : 'FORCE INDEX (by_practice_id)')
    .where('w.practice_id', '=', allowed.require(filter.practiceId))
    .limit(limit + 1);
  if (filter.current) query = query.where(sql<boolean>`NOT ${wasForAnother}`);
  if (filter.kind) query = query.where('w.kind', '=', filter.kind);
  const inOrder = query.orderBy('w.id', 'desc');
  const ofState = (state: MessageStatus) => {
    const due = query.where('w.state', '=', state).orderBy('w.due_at', 'desc').orderBy('w.id', 'desc');
    return (place ? due.where(olderThan(place)) : due).execute();
  };
  const rows = filter.states
    ? (await Promise.all(filter.states.map(ofState))).flat().sort(newestFirst)
    : await (place ? inOrder.where('w.id', '<', place.id) : inOrder).execute();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { lines: await asLines(db, rows.slice(0, limit)), next: last ? writePlace(last) : null };
}

interface Place {
  due_at: Date;
  id: string;
}

const newestFirst = (one: Place, other: Place): number =>
  other.due_at.getTime() - one.due_at.getTime() || (one.id < other.id ? 1 : -1);
const olderThan = ({ due_at: dueAt, id }: Place) =>
  sql<boolean>`(w.due_at <= ${dueAt} AND (w.due_at < ${dueAt} OR w.id < ${id}))`;

const writePlace = ({ due_at: dueAt, id }: Place): string => `${dueAt.getTime()}-${id}`;

/** Parses a place; an invalid one starts at the beginning. */
function readPlace(text: string): Place | null {
  const [, time, id] = /^(\d{1,15})-([0-9a-z]{20})$/.exec(text) ?? [];
  return time && id ? { due_at: new Date(Number(time)), id } : null;
}

/** Lists the messages of the people that a search finds, newest first. */
export async function searchMails(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  text: string,
  limit: number,
  now: Date,
): Promise<MessageLine[]> {
  const people = await searchPetParents(db, allowed, practiceId, text, limit, now);
  const accountIds = people.map(({ accountId }) => accountId).filter((id) => id !== null);
  if (accountIds.length === 0) return [];
  const rows = await mailQuery(db, allowed)
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.account_id', 'in', accountIds)
    .orderBy('w.id', 'desc')
    .limit(limit)
    .execute();
  return asLines(db, rows);
}

/** Loads one message of an allowed practice; null if there is none. */
export async function loadMail(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  messageId: string,
): Promise<MessageLine | null> {
  const row = await mailQuery(db, allowed)
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.id', '=', messageId)
    .executeTakeFirst();
  return row ? ((await asLines(db, [row]))[0] ?? null) : null;
}

/** Counts a practice's messages in each status. */
export async function mailCounts(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<Partial<Record<MessageStatus, number>>> {
  const rows = await db
    .selectFrom('messages')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('practice_id', '=', allowed.require(practiceId))
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

/** Counts the messages in these statuses that went to a former address. */
export async function leftCounts(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  states: readonly MessageStatus[],
): Promise<Partial<Record<MessageStatus, number>>> {
  const rows = await joined(db)
    .select(['w.state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.state', 'in', states)
    .where(wasForAnother)
    .groupBy('w.state')
    .execute();
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

export interface PracticeMailState {
  approvedAt: Date | null;
  approvedBy: string | null;
  pausedAt: Date | null;
}

/** Returns whether a practice's plan is approved and its emails are sent. */
export async function practiceMailState(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<PracticeMailState> {
  return db
    .selectFrom('practices')
    .select(['approved_at as approvedAt', 'approved_by as approvedBy', 'email_paused_at as pausedAt'])
    .where('id', '=', allowed.require(practiceId))
    .executeTakeFirstOrThrow();
}

type MailRow = Awaited<ReturnType<ReturnType<typeof mailQuery>['execute']>>[number];

function isForAnother(row: MailRow, sentTo: string | null): boolean {
  if (sentTo !== null) return sentTo.toLowerCase() !== row.email.toLowerCase();
  return row.superseded === 1 || row.reason === 'email-changed';
}

async function asLines(db: Database, rows: readonly MailRow[]): Promise<MessageLine[]> {
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
