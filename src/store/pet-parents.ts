import { sql, type SelectQueryBuilder } from 'kysely';
import type { Client } from '../domain/client.js';
import type { AllowedPractices } from './allowed-practices.js';
import type { Database } from './database.js';
import { lostMails, pendingMails, petParentState, type PetParentState } from './pet-parent-state.js';
import type { WelcomeState } from './tables.js';

export type { PetParentState };

/** One line of the list: a client of a practice with what our side knows of them. */
export interface PetParentLine {
  practiceId: string;
  pimsId: string;
  displayId: string | null;
  firstName: string | null;
  lastName: string | null;
  /** For lists, when there is neither: the company, or the client's number. */
  name: string;
  email: string | null;
  phone: string | null;
  pets: string[];
  accountId: string | null;
  state: PetParentState;
  /** Why not invited or on hold. */
  reason: string | null;
  expiresAt: Date | null;
  firstLoginAt: Date | null;
  lastLoginAt: Date | null;
  /** What became of the newest mail with a way in. */
  mail: { state: WelcomeState; at: Date } | null;
}

/** What a list can be narrowed to: a state, or everyone who never logged in. */
export type StateFilter = PetParentState | 'never-logged-in';

export interface ListPage {
  lines: PetParentLine[];
  /** For the next page; null when this was the last one. */
  next: string | null;
}

const lineColumns = [
  'c.practice_id',
  'c.pims_id',
  'c.display_id',
  'c.first_name',
  'c.last_name',
  'c.email_key',
  'c.record',
  'c.verdict',
  'c.reason',
  'c.sort_name',
  'a.id as account_id',
  'a.email as account_email',
  'a.phone as account_phone',
  'a.first_name as account_first_name',
  'a.last_name as account_last_name',
  'a.password_hash',
  'a.first_login_at',
  'a.confirmed_at',
  'a.last_login_at',
  't.expires_at',
  't.destroyed_at',
] as const;

/** Clients with their account and its temporary credential, in the allowed practices only. */
export function petParentQuery(db: Database, allowed: AllowedPractices) {
  return db
    .selectFrom('pims_clients as c')
    .leftJoin('account_links as l', (join) =>
      join.onRef('l.practice_id', '=', 'c.practice_id').onRef('l.client_pims_id', '=', 'c.pims_id'),
    )
    .leftJoin('accounts as a', 'a.id', 'l.account_id')
    .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
    .select(lineColumns)
    .where('c.practice_id', 'in', allowed.idsForQuery);
}

type LineQuery = ReturnType<typeof petParentQuery>;
type LineRow = LineQuery extends SelectQueryBuilder<infer _D, infer _T, infer O> ? O : never;

/** A practice's people by name, page by page: the key of the last one leads to the next page, however many there are. */
export async function listPetParents(
  db: Database,
  allowed: AllowedPractices,
  list: { practiceId: string; state: StateFilter | null; after: string | null; limit: number },
  now: Date,
): Promise<ListPage> {
  const after = list.after === null ? null : readKey(list.after);
  let query = petParentQuery(db, allowed)
    .where('c.practice_id', '=', allowed.require(list.practiceId))
    .orderBy('c.sort_name')
    .orderBy('c.pims_id')
    .limit(list.limit + 1);
  if (after) {
    query = query
      .where('c.sort_name', '>=', after.name)
      .where((eb) =>
        eb.or([
          eb('c.sort_name', '>', after.name),
          eb.and([eb('c.sort_name', '=', after.name), eb('c.pims_id', '>', after.pimsId)]),
        ]),
      );
  }
  query = list.state ? narrowed(query, list.state, now) : query.modifyFront(sql`STRAIGHT_JOIN`);
  const rows = await query.execute();
  const last = rows.length > list.limit ? rows[list.limit - 1] : undefined;
  return {
    lines: await withPetsAndMail(db, rows.slice(0, list.limit), now),
    next: last ? writeKey(last.sort_name, last.pims_id) : null,
  };
}

/** The lines of these clients, in the order given; those that are not allowed are left out. */
export async function linesOf(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  pimsIds: readonly string[],
  now: Date,
): Promise<PetParentLine[]> {
  if (pimsIds.length === 0) return [];
  const rows = await petParentQuery(db, allowed)
    .where('c.practice_id', '=', allowed.require(practiceId))
    .where('c.pims_id', 'in', [...pimsIds])
    .execute();
  const order = new Map(pimsIds.map((pimsId, at) => [pimsId, at]));
  rows.sort((one, other) => order.get(one.pims_id)! - order.get(other.pims_id)!);
  return withPetsAndMail(db, rows, now);
}

/** One client's line. @throws Problem `not-found`, also for a client of a practice that is not allowed */
export async function lineOf(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  pimsId: string,
  now: Date,
): Promise<PetParentLine | null> {
  const [line] = await linesOf(db, allowed, practiceId, [pimsId], now);
  return line ?? null;
}

/**
 * The SQL twin of `petParentState`. Most states read the clients in the order of names and stop when a page is full; few
 * people are in the others at a time, so those begin with the mails or accounts that make the state.
 */
function narrowed(query: LineQuery, state: StateFilter, now: Date): LineQuery {
  const mail = sql<string | null>`(SELECT w.state FROM welcomes w WHERE w.account_id = a.id
    AND w.practice_id = c.practice_id AND w.kind IN ('welcome', 'fresh-password') ORDER BY w.created_at DESC LIMIT 1)`;
  const mailIn = (states: readonly WelcomeState[]) => sql<boolean>`${mail} IN (${sql.join(states)})`;
  const mailGone = sql<boolean>`COALESCE(NOT ${mailIn([...lostMails, ...pendingMails])}, TRUE)`;
  const alive = sql<boolean>`(t.destroyed_at IS NULL AND t.expires_at > ${now})`;
  // CASE: the mails of a person are looked up only when the rest is right.
  const inOrder = query.modifyFront(sql`STRAIGHT_JOIN`);
  const never = (from: LineQuery) =>
    from
      .where('a.id', 'is not', null)
      .where('a.first_login_at', 'is', null)
      .where('a.password_hash', 'is', null);
  const withMail = (states: readonly WelcomeState[]) =>
    never(query)
      .where((eb) =>
        eb(
          'a.id',
          'in',
          eb
            .selectFrom('welcomes as m')
            .select('m.account_id')
            .whereRef('m.practice_id', '=', 'c.practice_id')
            .where('m.state', 'in', [...states]),
        ),
      )
      .where(mailIn(states));
  switch (state) {
    case 'on-hold':
      return inOrder
        .where('a.id', 'is', null)
        .where((eb) => eb.or([eb('c.verdict', '=', 'hold'), eb('c.verdict', 'is', null)]));
    case 'not-invited':
      return inOrder.where('a.id', 'is', null).where('c.verdict', '=', 'skip');
    case 'waiting':
      return inOrder.where('a.id', 'is', null).where('c.verdict', '=', 'invite');
    case 'active':
      return inOrder.where((eb) =>
        eb.or([eb('a.password_hash', 'is not', null), eb('a.confirmed_at', 'is not', null)]),
      );
    case 'started':
      return query
        .where('a.first_login_at', 'is not', null)
        .where('a.password_hash', 'is', null)
        .where('a.confirmed_at', 'is', null);
    case 'never-logged-in':
      return never(inOrder);
    case 'bounced':
      return withMail(lostMails);
    case 'sending':
      return withMail(pendingMails);
    case 'invited':
      return never(inOrder).where(sql<boolean>`CASE WHEN ${alive} THEN ${mailGone} ELSE FALSE END`);
    case 'expired':
      return never(inOrder).where(sql<boolean>`CASE WHEN ${alive} THEN FALSE ELSE ${mailGone} END`);
  }
}

async function withPetsAndMail(db: Database, rows: readonly LineRow[], now: Date): Promise<PetParentLine[]> {
  if (rows.length === 0) return [];
  const accountIds = [...new Set(rows.map((row) => row.account_id).filter((id) => id !== null))];
  const practiceIds = [...new Set(rows.map((row) => row.practice_id))];
  const [pets, mails] = await Promise.all([
    db
      .selectFrom('pims_pets')
      .select(['practice_id', 'client_pims_id', 'name'])
      .where('practice_id', 'in', practiceIds)
      .where(
        'client_pims_id',
        'in',
        rows.map((row) => row.pims_id),
      )
      .where('status', '=', 'active')
      .where('died_on', 'is', null)
      .orderBy('name')
      .execute(),
    accountIds.length === 0
      ? []
      : db
          .selectFrom('welcomes')
          .select(['account_id', 'practice_id', 'state', 'changed_at'])
          .where('account_id', 'in', accountIds)
          .where('practice_id', 'in', practiceIds)
          .where('kind', 'in', ['welcome', 'fresh-password'])
          .orderBy('created_at')
          .execute(),
  ]);
  const mailKey = (accountId: string | null, practiceId: string) => `${accountId} ${practiceId}`;
  const newestMail = new Map(mails.map((mail) => [mailKey(mail.account_id, mail.practice_id), mail]));
  return rows.map((row) => {
    const client = JSON.parse(row.record) as Partial<Client>;
    const mail = newestMail.get(mailKey(row.account_id, row.practice_id));
    const account =
      row.account_id === null
        ? null
        : {
            firstLoginAt: row.first_login_at,
            confirmedAt: row.confirmed_at,
            hasPassword: row.password_hash !== null,
          };
    const credential =
      row.expires_at === null ? null : { expiresAt: row.expires_at, destroyedAt: row.destroyed_at };
    const firstName = row.first_name ?? row.account_first_name;
    const lastName = row.last_name ?? row.account_last_name;
    return {
      practiceId: row.practice_id,
      pimsId: row.pims_id,
      displayId: row.display_id,
      firstName,
      lastName,
      name:
        [firstName, lastName].filter(Boolean).join(' ') ||
        client.companyName ||
        `Client ${row.display_id ?? row.pims_id}`,
      email: row.account_email ?? row.email_key ?? client.emails?.[0] ?? null,
      phone: row.account_phone ?? client.phones?.[0]?.number ?? null,
      pets: pets
        .filter((pet) => pet.practice_id === row.practice_id && pet.client_pims_id === row.pims_id)
        .map((pet) => pet.name ?? 'no name'),
      accountId: row.account_id,
      state: petParentState({ verdict: row.verdict, account, credential, mail: mail?.state ?? null }, now),
      reason: row.reason,
      expiresAt: row.expires_at,
      firstLoginAt: row.first_login_at,
      lastLoginAt: row.last_login_at,
      mail: mail ? { state: mail.state, at: mail.changed_at } : null,
    };
  });
}

function writeKey(name: string, pimsId: string): string {
  return Buffer.from(JSON.stringify([name, pimsId])).toString('base64url');
}

/** A key that was tampered with, or is from elsewhere, starts at the beginning. */
function readKey(key: string): { name: string; pimsId: string } | null {
  try {
    const [name, pimsId] = JSON.parse(Buffer.from(key, 'base64url').toString()) as unknown[];
    return typeof name === 'string' && typeof pimsId === 'string' ? { name, pimsId } : null;
  } catch {
    return null;
  }
}
