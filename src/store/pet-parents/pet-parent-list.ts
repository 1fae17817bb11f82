import { sql, type RawBuilder } from 'kysely';
import { loginKinds } from '../../domain/message/message-kinds.js';
import { openStatuses } from '../../domain/message/message-status.js';
import { canSeeAccount } from '../accounts/account-access.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { lostMessages, type PetParentState } from './pet-parent-state.js';
import { linesOf, type PetParentLine } from './pet-parents.js';
import type { MessageStatus } from '../db/tables.js';

/** Narrows a list to a state, or to everyone who never logged in. */
export type StateFilter = PetParentState | 'never-logged-in';

export interface ListPage {
  /** May contain fewer lines than requested, even none, although more exist: `next` tells. */
  lines: PetParentLine[];
  /** The start of the next page; null on the last page. */
  next: string | null;
  /** The name up to which the list was searched; set if the page is not full and more may follow. */
  lookedUpTo: string | null;
}

/** A person's position in the list. */
interface Place {
  name: string;
  pimsId: string;
}

/** Rows examined for one page, and rows collected and sorted if a state has no more than `mostGathered`. */
const mostWalked = 3000;
const mostGathered = 1000;

/**
 * Lists a practice's people by name, page by page; the place of the last one leads to the next page. The work per page
 * is bounded, regardless of the size of the practice and the rarity of the state. Rare states start from their few
 * candidates; the others scan the names, and a scan that found too few reports how far it came.
 */
export async function listPetParents(
  db: Database,
  allowed: AllowedPractices,
  list: { practiceId: string; state: StateFilter | null; after: string | null; limit: number },
  now: Date,
): Promise<ListPage> {
  const practiceId = allowed.require(list.practiceId);
  const after = list.after === null ? null : readPlace(list.after);
  const few = list.state && (await theFew(db, practiceId, list.state));
  const end = list.state && !few ? await endOfWalk(db, practiceId, after) : null;

  let query = db
    .selectFrom('pims_clients as c')
    .leftJoin('account_links as l', (join) =>
      join.onRef('l.practice_id', '=', 'c.practice_id').onRef('l.client_pims_id', '=', 'c.pims_id'),
    )
    .leftJoin('accounts as a', 'a.id', 'l.account_id')
    .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
    .select(['c.sort_name as name', 'c.pims_id as pimsId'])
    .where('c.practice_id', '=', practiceId)
    .orderBy('c.sort_name')
    .orderBy('c.pims_id')
    .limit(list.limit + 1);
  if (after) query = query.where(beyond(after));
  if (end) query = query.where(notBeyond(end));
  if (few) query = query.where('c.pims_id', 'in', few.length > 0 ? few : ['']);
  else query = query.modifyFront(sql`STRAIGHT_JOIN`);
  if (list.state) query = query.where(inState(list.state, allowed, now));
  const found: Place[] = await query.execute();

  const places = found.slice(0, list.limit);
  const last = found.length > list.limit ? places.at(-1) : undefined;
  const next = last ?? end;
  const pimsIds = places.map(({ pimsId }) => pimsId);
  return {
    lines: await linesOf(db, allowed, practiceId, pimsIds, now),
    next: next ? writePlace(next) : null,
    lookedUpTo: last ? null : (end?.name ?? null),
  };
}

/**
 * Returns the PIMS ids of all candidates for a state, which may include others; null if there are more than
 * `mostGathered`.
 */
async function theFew(db: Database, practiceId: string, state: StateFilter): Promise<string[] | null> {
  const found = await candidates(db, practiceId, state, mostGathered + 1);
  return found && found.length <= mostGathered ? [...new Set(found.map(({ id }) => id))] : null;
}

async function candidates(
  db: Database,
  practiceId: string,
  state: StateFilter,
  limit: number,
): Promise<{ id: string }[] | null> {
  const decided = db
    .selectFrom('pims_clients')
    .select('pims_id as id')
    .where('practice_id', '=', practiceId)
    .limit(limit);
  const linked = db
    .selectFrom('account_links as l')
    .select('l.client_pims_id as id')
    .where('l.practice_id', '=', practiceId)
    .limit(limit);
  const mailed = (states: readonly MessageStatus[]) =>
    linked
      .innerJoin('messages as w', (join) =>
        join.onRef('w.account_id', '=', 'l.account_id').onRef('w.practice_id', '=', 'l.practice_id'),
      )
      .where('w.state', 'in', [...states])
      .execute();
  switch (state) {
    case 'on-hold':
      return decided.where((eb) => eb.or([eb('verdict', '=', 'hold'), eb('verdict', 'is', null)])).execute();
    case 'not-invited':
      return decided.where('verdict', '=', 'skip').execute();
    case 'waiting':
      return decided.where('verdict', '=', 'invite').execute();
    case 'bounced':
      return mailed(lostMessages);
    case 'sending':
      return mailed(openStatuses);
    case 'started':
      return linked.innerJoin('accounts as a', 'a.id', 'l.account_id').where('a.halfway', '=', 1).execute();
    case 'active':
    case 'invited':
    case 'expired':
    case 'never-logged-in':
      return null;
  }
}

/** Returns the last place that one page examines; null if the list ends before it. */
async function endOfWalk(db: Database, practiceId: string, after: Place | null): Promise<Place | null> {
  let query = db
    .selectFrom('pims_clients as c')
    .select(['c.sort_name as name', 'c.pims_id as pimsId'])
    .where('c.practice_id', '=', practiceId)
    .orderBy('c.sort_name')
    .orderBy('c.pims_id')
    .offset(mostWalked - 1)
    .limit(1);
  if (after) query = query.where(beyond(after));
  return (await query.executeTakeFirst()) ?? null;
}

/**
 * Written so that the index is entered at the place; a comparison of row values would read the practice from its start.
 */
const beyond = ({ name, pimsId }: Place): RawBuilder<boolean> =>
  sql`(c.sort_name >= ${name} AND (c.sort_name > ${name} OR c.pims_id > ${pimsId}))`;
const notBeyond = ({ name, pimsId }: Place): RawBuilder<boolean> =>
  sql`(c.sort_name <= ${name} AND (c.sort_name < ${name} OR c.pims_id <= ${pimsId}))`;

/** Translates `petParentState` to SQL, over client `c`, link `l`, account `a` and temporary credential `t`. */
function inState(state: StateFilter, allowed: AllowedPractices, now: Date): RawBuilder<boolean> {
  const mail = sql`(SELECT w.state FROM messages w WHERE w.account_id = a.id AND w.practice_id = c.practice_id
    AND w.kind IN (${sql.join(loginKinds)}) ORDER BY w.created_at DESC LIMIT 1)`;
  const mailIn = (states: readonly MessageStatus[]) => sql<boolean>`${mail} IN (${sql.join(states)})`;
  const mailGone = sql<boolean>`COALESCE(NOT ${mailIn([...lostMessages, ...openStatuses])}, TRUE)`;
  const never = sql<boolean>`(a.id IS NOT NULL AND a.first_login_at IS NULL AND a.password_hash IS NULL)`;
  // If another practice issued the login, staff see whether it is used, but not whether it has expired.
  const canSee = canSeeAccount(allowed, 'a.id', 't.issuing_practice_id');
  const alive = sql<boolean>`((t.cleared_at IS NULL AND t.expires_at > ${now}) OR NOT ${canSee})`;
  // CASE looks up a person's messages only if the other conditions hold.
  switch (state) {
    case 'on-hold':
      return sql`(a.id IS NULL AND (c.verdict = 'hold' OR c.verdict IS NULL))`;
    case 'not-invited':
      return sql`(a.id IS NULL AND c.verdict = 'skip')`;
    case 'waiting':
      return sql`(a.id IS NULL AND c.verdict = 'invite')`;
    case 'active':
      return sql`(a.password_hash IS NOT NULL OR a.confirmed_at IS NOT NULL
        OR (a.first_login_at IS NOT NULL AND NOT ${canSee}))`;
    case 'started':
      return sql`(a.halfway = 1 AND ${canSee})`;
    case 'never-logged-in':
      return never;
    case 'bounced':
      return sql`CASE WHEN ${never} THEN ${mailIn(lostMessages)} ELSE FALSE END`;
    case 'sending':
      return sql`CASE WHEN ${never} THEN ${mailIn(openStatuses)} ELSE FALSE END`;
    case 'invited':
      return sql`CASE WHEN ${never} AND ${alive} THEN ${mailGone} ELSE FALSE END`;
    case 'expired':
      return sql`CASE WHEN NOT ${never} OR ${alive} THEN FALSE ELSE ${mailGone} END`;
  }
}

function writePlace({ name, pimsId }: Place): string {
  return Buffer.from(JSON.stringify([name, pimsId])).toString('base64url');
}

/** Parses a place; one that was altered, or comes from elsewhere, starts at the beginning. */
function readPlace(key: string): Place | null {
  try {
    const [name, pimsId] = JSON.parse(Buffer.from(key, 'base64url').toString()) as unknown[];
    return typeof name === 'string' && typeof pimsId === 'string' ? { name, pimsId } : null;
  } catch {
    return null;
  }
}
