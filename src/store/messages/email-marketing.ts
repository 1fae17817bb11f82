import { sql } from 'kysely';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { searchPetParents } from '../pet-parents/pet-parent-search.js';
import type { MessageStatus } from '../db/tables.js';
import { asLines, joinedMessages, lineQuery, type MessageLine } from './message-lines.js';

interface MessageFilter {
  practiceId: string;
  states: readonly MessageStatus[] | null;
  /** Excludes messages to former addresses, because nobody needs to act on them. */
  current?: boolean;
}

/** Matches messages to a former address, like `left` of a line. */
const wasForAnother = sql<boolean>`COALESCE(t.email <> a.email, w.superseded = 1)`;

/**
 * Lists a practice's messages, newest first: all of them in the order of creation, those in some statuses in the order
 * of their due time, because an index exists for each of these orders. `next` is the place of a page's last message and
 * leads to the next page.
 */
export async function listMessages(
  db: Database,
  allowed: AllowedPractices,
  filter: MessageFilter,
  after: string | null,
  limit: number,
): Promise<{ lines: MessageLine[]; next: string | null }> {
  const place = after === null ? null : readPlace(after);
  // Without the hint, the database may read all practices' messages in the order of their ids until it has a page of
  // this practice.
  let query = lineQuery(db, allowed, filter.states ? '' : 'FORCE INDEX (by_practice_id)')
    .where('w.practice_id', '=', allowed.require(filter.practiceId))
    .limit(limit + 1);
  if (filter.current) query = query.where(sql<boolean>`NOT ${wasForAnother}`);
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
export async function searchMessages(
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
  const rows = await lineQuery(db, allowed)
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.account_id', 'in', accountIds)
    .orderBy('w.id', 'desc')
    .limit(limit)
    .execute();
  return asLines(db, rows);
}

/** Loads one message of an allowed practice; null if there is none. */
export async function loadMessage(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  messageId: string,
): Promise<MessageLine | null> {
  const row = await lineQuery(db, allowed)
    .where('w.practice_id', '=', allowed.require(practiceId))
    .where('w.id', '=', messageId)
    .executeTakeFirst();
  return row ? ((await asLines(db, [row]))[0] ?? null) : null;
}

/** Counts a practice's messages in each status. */
export async function messageCounts(
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
export async function formerAddressCounts(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  states: readonly MessageStatus[],
): Promise<Partial<Record<MessageStatus, number>>> {
  const rows = await joinedMessages(db)
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
