import type { NotNull } from 'kysely';
import type { Client } from '../../domain/client/client.js';
import { readEmailField } from '../../domain/client/email-address.js';
import { idPattern } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { emailKeys } from './erasure-register.js';
import { escapeLike } from '../db/escape-like.js';
import type { Row } from '../db/tables.js';

type Reader = Database | DatabaseTransaction;

/** The scope of a search: one practice, or null for all. */
export interface WhoAsked {
  practiceId: string | null;
  /** An email address, an account id, or (within one practice) the PIMS's id or number of a client. */
  reference: string;
}

/** One person with all their records. A household that shares an address counts as one person: check the list. */
export interface FoundPerson {
  practiceId: string | null;
  clients: { practiceId: string; pimsId: string; displayId: string | null; name: string }[];
  /** `kept` names the other practice that still needs the account; the account's own rows stay then. */
  accounts: { id: string; kept: string | null }[];
  /** Normalized addresses of these records. */
  emails: string[];
  /** Addresses that another record in the same scope has too, and those that a record of any practice has. */
  sharedEmails: string[];
  sharedAnywhere: string[];
  /** First and last names together, as sentences for staff contain them. */
  fullNames: string[];
  messageIds: string[];
}

/**
 * Finds a person's records: by address in clients and accounts, along the links between them, and along merges.
 *
 * @throws Problem `person-unknown`, `person-reference-wrong`
 */
export async function findPerson(db: Reader, who: WhoAsked): Promise<FoundPerson> {
  const start = await firstRecords(db, who);
  const clients = new Map(start.clients.map((row) => [keyOf(row), row]));
  const accounts = new Map(start.accounts.map((row) => [row.id, row]));
  for (let size = -1; size !== clients.size + accounts.size;) {
    size = clients.size + accounts.size;
    for (const row of await linkedAccounts(db, [...clients.values()])) accounts.set(row.id, row);
    const more = [
      ...(await linkedClients(db, who.practiceId, [...accounts.keys()])),
      ...(await mergedClients(db, [...clients.values()])),
    ];
    for (const row of more) clients.set(keyOf(row), row);
  }
  if (clients.size === 0 && accounts.size === 0) throw unknown(who);

  const kept = new Map<string, string>();
  for (const id of accounts.keys()) {
    const other = await practiceThatKeeps(db, id, [...clients.values()]);
    if (other) kept.set(id, other);
  }
  const rows = [...clients.values()];
  const emails = [
    ...new Set([
      ...rows.flatMap(emailsOf),
      ...[...accounts.values()].filter(({ id }) => !kept.has(id)).map((account) => account.email_key),
      ...(start.email ? [start.email] : []),
    ]),
  ];
  const names = [...rows, ...accounts.values()].map(fullName).filter((name) => name !== null);
  const shared: string[] = [];
  const anywhere: string[] = [];
  for (const email of emails) {
    if (await isElsewhere(db, null, email, clients, accounts, kept)) anywhere.push(email);
    if (await isElsewhere(db, who.practiceId, email, clients, accounts, kept)) shared.push(email);
  }
  return {
    practiceId: who.practiceId,
    clients: rows.map((row) => ({
      practiceId: row.practice_id,
      pimsId: row.pims_id,
      displayId: row.display_id,
      name: fullName(row) ?? `client ${row.display_id ?? row.pims_id}`,
    })),
    accounts: [...accounts.keys()].map((id) => ({ id, kept: kept.get(id) ?? null })),
    emails,
    sharedEmails: shared,
    sharedAnywhere: anywhere,
    fullNames: [...new Set(names)],
    messageIds: await messagesOf(db, who.practiceId, [...accounts.keys()], kept),
  };
}

type ClientRow = Pick<
  Row<'pims_clients'>,
  'practice_id' | 'pims_id' | 'display_id' | 'first_name' | 'last_name' | 'merged_into' | 'record'
>;
type AccountRow = Pick<Row<'accounts'>, 'id' | 'email_key' | 'first_name' | 'last_name'>;

const clientColumns = [
  'practice_id',
  'pims_id',
  'display_id',
  'first_name',
  'last_name',
  'merged_into',
  'record',
] as const;
const accountColumns = ['a.id', 'a.email_key', 'a.first_name', 'a.last_name'] as const;

async function firstRecords(
  db: Reader,
  { practiceId, reference }: WhoAsked,
): Promise<{ clients: ClientRow[]; accounts: AccountRow[]; email: string | null }> {
  const accounts = db.selectFrom('accounts as a').select(accountColumns);
  if (reference.includes('@')) {
    const { addresses } = readEmailField(reference);
    const [email, ...others] = addresses;
    if (!email || others.length > 0) {
      throw new Problem({
        code: 'person-reference-wrong',
        message: `"${reference}" is not one email address.`,
      });
    }
    return {
      clients: await clientsWithAddress(db, practiceId, email.key),
      accounts: await inPractice(db, practiceId, await accounts.where('a.email_key', '=', email.key).execute()),
      email: email.key,
    };
  }
  const found = idPattern.test(reference) ? await accounts.where('a.id', '=', reference).execute() : [];
  if (found.length > 0) return { clients: [], accounts: await inPractice(db, practiceId, found), email: null };
  if (practiceId === null) return { clients: [], accounts: [], email: null };
  const clients = await db
    .selectFrom('pims_clients')
    .select(clientColumns)
    .where('practice_id', '=', practiceId)
    .where((eb) => eb.or([eb('pims_id', '=', reference), eb('display_id', '=', reference)]))
    .execute();
  return { clients, accounts: [], email: null };
}

/** Finds clients by address. Second and third addresses are only in the record, so every possible record is read. */
async function clientsWithAddress(db: Reader, practiceId: string | null, email: string): Promise<ClientRow[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(clientColumns)
    .where((eb) =>
      eb.or([eb('email_key', '=', email), eb('record', 'like', `%${escapeLike(JSON.stringify(email).slice(1, -1))}%`)]),
    )
    .$if(practiceId !== null, (query) => query.where('practice_id', '=', practiceId as string))
    .execute();
  return rows.filter((row) => emailsOf(row).includes(email));
}

/** Filters accounts: within one practice, only those with a record there. */
async function inPractice(db: Reader, practiceId: string | null, rows: AccountRow[]): Promise<AccountRow[]> {
  if (practiceId === null || rows.length === 0) return rows;
  const here = await db
    .selectFrom('account_links')
    .select('account_id')
    .where('practice_id', '=', practiceId)
    .where(
      'account_id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.filter(({ id }) => here.some((link) => link.account_id === id));
}

async function linkedAccounts(db: Reader, clients: readonly ClientRow[]): Promise<AccountRow[]> {
  if (clients.length === 0) return [];
  return db
    .selectFrom('accounts as a')
    .innerJoin('account_links as l', 'l.account_id', 'a.id')
    .select(accountColumns)
    .where((eb) =>
      eb.or(
        clients.map((row) =>
          eb.and([eb('l.practice_id', '=', row.practice_id), eb('l.client_pims_id', '=', row.pims_id)]),
        ),
      ),
    )
    .execute();
}

async function linkedClients(
  db: Reader,
  practiceId: string | null,
  accountIds: readonly string[],
): Promise<ClientRow[]> {
  if (accountIds.length === 0) return [];
  return db
    .selectFrom('pims_clients')
    .innerJoin('account_links as l', (join) =>
      join
        .onRef('l.practice_id', '=', 'pims_clients.practice_id')
        .onRef('l.client_pims_id', '=', 'pims_clients.pims_id'),
    )
    .select(clientColumns.map((column) => `pims_clients.${column}` as const))
    .where('l.account_id', 'in', [...accountIds])
    .$if(practiceId !== null, (query) => query.where('pims_clients.practice_id', '=', practiceId as string))
    .execute();
}

async function mergedClients(db: Reader, clients: readonly ClientRow[]): Promise<ClientRow[]> {
  const found: ClientRow[] = [];
  for (const { practice_id, pims_id, merged_into } of clients) {
    const rows = await db
      .selectFrom('pims_clients')
      .select(clientColumns)
      .where('practice_id', '=', practice_id)
      .where((eb) =>
        eb.or([eb('merged_into', '=', pims_id), ...(merged_into ? [eb('pims_id', '=', merged_into)] : [])]),
      )
      .execute();
    found.push(...rows);
  }
  return found;
}

/** Returns a practice where the account has a record that is not among these. */
async function practiceThatKeeps(db: Reader, accountId: string, clients: readonly ClientRow[]): Promise<string | null> {
  const links = await db
    .selectFrom('account_links')
    .select(['practice_id', 'client_pims_id'])
    .where('account_id', '=', accountId)
    .execute();
  const going = new Set(clients.map(keyOf));
  const other = links.find(
    (link) => !going.has(keyOf({ practice_id: link.practice_id, pims_id: link.client_pims_id })),
  );
  return other?.practice_id ?? null;
}

async function isElsewhere(
  db: Reader,
  practiceId: string | null,
  email: string,
  clients: ReadonlyMap<string, ClientRow>,
  accounts: ReadonlyMap<string, AccountRow>,
  kept: ReadonlyMap<string, string>,
): Promise<boolean> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(['practice_id', 'pims_id'])
    .where('email_key', '=', email)
    .$if(practiceId !== null, (query) => query.where('practice_id', '=', practiceId as string))
    .execute();
  if (rows.some((row) => !clients.has(keyOf(row)))) return true;
  if (practiceId !== null) return false;
  const [account] = await db.selectFrom('accounts').select('id').where('email_key', '=', email).execute();
  return account !== undefined && (!accounts.has(account.id) || kept.has(account.id));
}

async function messagesOf(
  db: Reader,
  practiceId: string | null,
  accountIds: readonly string[],
  kept: ReadonlyMap<string, string>,
): Promise<string[]> {
  if (accountIds.length === 0) return [];
  const rows = await db
    .selectFrom('messages')
    .select(['id', 'account_id', 'practice_id'])
    .$narrowType<{ account_id: NotNull }>()
    .where('account_id', 'in', [...accountIds])
    .execute();
  return rows
    .filter((row) => !kept.has(row.account_id) || practiceId === null || row.practice_id === practiceId)
    .map(({ id }) => id);
}

function emailsOf(row: ClientRow): string[] {
  return emailKeys((JSON.parse(row.record) as Client).emails);
}

function fullName(row: { first_name: string | null; last_name: string | null }): string | null {
  return row.first_name && row.last_name ? `${row.first_name} ${row.last_name}` : null;
}

function keyOf(row: { practice_id: string; pims_id: string }): string {
  return `${row.practice_id}\0${row.pims_id}`;
}

function unknown({ practiceId, reference }: WhoAsked): Problem {
  const place = practiceId === null ? 'any practice' : `the practice ${practiceId}`;
  return new Problem({
    code: 'person-unknown',
    message: `Nobody at ${place} has the ${reference.includes('@') ? 'address' : 'account id or number'} "${reference}".`,
    help:
      practiceId === null
        ? 'Give an email address or an account id; the number of a client needs its practice.'
        : 'Give an email address, an account id, or the number of a client; or search "all".',
  });
}
