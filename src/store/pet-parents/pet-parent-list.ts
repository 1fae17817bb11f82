import { sql, type RawBuilder } from 'kysely';
import { canSeeAccount } from '../accounts/account-access.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { lostMessages, pendingMessages, type PetParentState } from './pet-parent-state.js';
import { linesOf, type PetParentLine } from './pet-parents.js';
import type { MessageStatus } from '../db/tables.js';

/** What a list can be narrowed to: a state, or everyone who never logged in. */
export type StateFilter = PetParentState | 'never-logged-in';

export interface ListPage {
  /** May be fewer than asked for, even none, although there are more: `next` tells. */
  lines: PetParentLine[];
  /** For the next page; null when this was the last one. */
  next: string | null;
  /** Up to which name was looked; set when the page is not full and there may be more behind it. */
  lookedUpTo: string | null;
}

/** Where a person stands in the list. */
interface Place {
  name: string;
  pimsId: string;
}

/** So many are looked at for one page; so many are gathered and sorted when a state has no more than that. */
const mostWalked = 3000;
const mostGathered = 1000;

/**
 * A practice's people by name, page by page: the place of the last one leads to the next page. The work for a page has a
 * bound, however large the practice and however rare the state: states that few are in begin with those few; the others
 * walk along the names, and a walk that found too few tells how far it came.
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

/** Everyone who may be in a state and a few who are not, by their PIMS ids; null when that is more than a few. */
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
      return mailed(pendingMessages);
    case 'started':
      return linked.innerJoin('accounts as a', 'a.id', 'l.account_id').where('a.halfway', '=', 1).execute();
    case 'active':
    case 'invited':
    case 'expired':
    case 'never-logged-in':
      return null;
  }
}

/** The last place that one page looks at; null when the list ends before it. */
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

/** Written so that the index is entered at the place; a comparison of pairs would read the practice from its start. */
const beyond = ({ name, pimsId }: Place): RawBuilder<boolean> =>
  sql`(c.sort_name >= ${name} AND (c.sort_name > ${name} OR c.pims_id > ${pimsId}))`;
const notBeyond = ({ name, pimsId }: Place): RawBuilder<boolean> =>
  sql`(c.sort_name <= ${name} AND (c.sort_name < ${name} OR c.pims_id <= ${pimsId}))`;

/** The SQL duplicate suspect of `petParentState`, over client `c`, link `l`, account `a` and temporary credential `t`. */
function inState(state: StateFilter, allowed: AllowedPractices, now: Date): RawBuilder<boolean> {
  const mail = sql`(SELECT w.state FROM messages w WHERE w.account_id = a.id AND w.practice_id = c.practice_id
    AND w.kind IN ('welcome', 'new-temporary-password') ORDER BY w.created_at DESC LIMIT 1)`;
  const mailIn = (states: readonly MessageStatus[]) => sql<boolean>`${mail} IN (${sql.join(states)})`;
  const mailGone = sql<boolean>`COALESCE(NOT ${mailIn([...lostMessages, ...pendingMessages])}, TRUE)`;
  const never = sql<boolean>`(a.id IS NOT NULL AND a.first_login_at IS NULL AND a.password_hash IS NULL)`;
  // Of another practice's login staff see whether it is used, and not whether it has expired.
  const canSee = canSeeAccount(allowed, 'a.id', 't.issuing_practice_id');
  const alive = sql<boolean>`((t.cleared_at IS NULL AND t.expires_at > ${now}) OR NOT ${canSee})`;
  // CASE: the emails of a person are looked up only when the rest is right.
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
      return sql`CASE WHEN ${never} THEN ${mailIn(pendingMessages)} ELSE FALSE END`;
    case 'invited':
      return sql`CASE WHEN ${never} AND ${alive} THEN ${mailGone} ELSE FALSE END`;
    case 'expired':
      return sql`CASE WHEN NOT ${never} OR ${alive} THEN FALSE ELSE ${mailGone} END`;
  }
}

function writePlace({ name, pimsId }: Place): string {
  return Buffer.from(JSON.stringify([name, pimsId])).toString('base64url');
}

/** A place that was tampered with, or is from elsewhere, starts at the beginning. */
function readPlace(key: string): Place | null {
  try {
    const [name, pimsId] = JSON.parse(Buffer.from(key, 'base64url').toString()) as unknown[];
    return typeof name === 'string' && typeof pimsId === 'string' ? { name, pimsId } : null;
  } catch {
    return null;
  }
}
