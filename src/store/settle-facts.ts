import { sql } from 'kysely';
import type { Client } from '../domain/client.js';
import type { AccountFacts, AddressCount, ClientFacts, SettleBatch } from '../domain/facts.js';
import type { Suppression, Twin } from '../domain/eligibility.js';
import type { NewId } from '../domain/ids.js';
import { personOf } from '../domain/person.js';
import { personOptions } from '../domain/person-options.js';
import type { Pet, PetStatus, Sex } from '../domain/pet.js';
import type { InvitePolicy } from '../domain/policy.js';
import type { ReasonCode } from '../domain/reasons.js';
import type { WorkItemKind } from '../domain/settle-plan.js';
import type { Database, DatabaseTransaction } from './database.js';
import type { Row } from './tables.js';

/** The practice as settling needs it. */
export interface SettlingPractice {
  id: string;
  policy: InvitePolicy;
  /** ISO country for phones written without one. */
  country: string;
  /** The practice's calendar date now. */
  today: string;
}

const clientColumns = [
  'pims_id', 'record', 'first_seen_at', 'vanished_at', 'identity_conflict', 'merged_into', 'twin_key', 'allowed', 'verdict',
  'reason', 'sentence', 'decide_on', 'settled',
] as const; // prettier-ignore

type ClientRow = Pick<Row<'pims_clients'>, (typeof clientColumns)[number]>;

/**
 * The next clients to decide, at most `limit` and those they were merged with. In the order in which the database keeps
 * them: a batch then touches few of its pages.
 *
 * @param only these PIMS ids and no others
 */
export async function undecidedClients(
  trx: DatabaseTransaction,
  practiceId: string,
  limit: number,
  only: readonly string[] | null = null,
): Promise<ClientRow[]> {
  if (only?.length === 0) return [];
  const rows = await trx
    .selectFrom('pims_clients')
    .select(clientColumns)
    .where('practice_id', '=', practiceId)
    .where('undecided', '=', 1)
    .orderBy('pims_id')
    .$if(only !== null, (query) => query.where('pims_id', 'in', [...(only ?? [])]))
    .limit(limit)
    .execute();
  const partners = await mergePartners(trx, practiceId, rows);
  return [...rows, ...partners];
}

/** Everything that `settle` must know about these clients. */
export async function loadFacts(
  trx: DatabaseTransaction,
  practice: SettlingPractice,
  rows: readonly ClientRow[],
  newId: NewId,
  now: Date,
): Promise<SettleBatch> {
  const ids = rows.map((row) => row.pims_id);
  const [pets, links, work, twins] = [
    await petsOf(trx, practice.id, ids),
    await linksOf(trx, practice.id, ids),
    await openWork(trx, practice.id, ids),
    await twinsOf(trx, practice.id, rows),
  ];
  const clients = rows.map((row): ClientFacts => {
    const client: Client = {
      ...(JSON.parse(row.record) as Omit<Client, 'pets'>),
      pets: pets.get(row.pims_id) ?? [],
    };
    const link = links.get(row.pims_id);
    return {
      pimsId: row.pims_id,
      client,
      person: personOf(client, personOptions(practice.country, practice.policy)),
      vanished: row.vanished_at !== null,
      identityConflict: row.identity_conflict === 1,
      mergedInto: row.merged_into,
      twins: (row.twin_key === null ? [] : (twins.get(row.twin_key) ?? [])).filter(
        (twin) => twin.pimsId !== row.pims_id,
      ),
      link: link ? { accountId: link.account_id, by: link.made_by } : null,
      allowed: (row.allowed?.split(' ') ?? []) as ReasonCode[],
      openWorkItems: work.get(row.pims_id) ?? [],
      previousDecision:
        row.settled === 0 || row.verdict === null || row.reason === null
          ? null
          : { verdict: row.verdict, reason: row.reason as ReasonCode },
    };
  });

  const loginKeys = clients.map(({ person }) => person.emails.loginKey).filter((key) => key !== null);
  const linkedIds = [...new Set([...links.values()].map((link) => link.account_id))];
  const promised = await accountsPromised(
    trx,
    practice.id,
    // Nothing was ever promised to someone who is decided for the first time.
    rows.filter((row) => row.settled === 1).map((row) => row.pims_id),
  );
  const accounts = await accountsOf(trx, [...new Set([...linkedIds, ...promised])], loginKeys, now);
  const keys = [...new Set([...loginKeys, ...accounts.map((account) => account.emailKey)])];
  return {
    practice: { id: practice.id, policy: practice.policy },
    today: practice.today,
    newId,
    clients,
    accounts,
    addresses: await addressCounts(trx, practice.id, keys),
    suppressed: await suppressionsOf(trx, keys),
  };
}

/**
 * Those whom a client was merged with, in both directions and as far as it goes: settling a merge with one half missing
 * would leave its link on a client that is gone.
 */
async function mergePartners(
  trx: DatabaseTransaction,
  practiceId: string,
  rows: readonly ClientRow[],
): Promise<ClientRow[]> {
  const merged = await trx
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('merged_into', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  if (!merged) return [];
  const have = new Map(rows.map((row) => [row.pims_id, row]));
  let latest = rows;
  while (latest.length > 0) {
    const ids = latest.map((row) => row.pims_id);
    const targets = latest
      .map((row) => row.merged_into)
      .filter((id) => id !== null && !have.has(id)) as string[];
    const clients = trx
      .selectFrom('pims_clients as client')
      .select(clientColumns.map((column) => `client.${column}` as const))
      .where('client.practice_id', '=', practiceId);
    const into = targets.length === 0 ? [] : await clients.where('client.pims_id', 'in', targets).execute();
    const from = await clients
      .leftJoin('account_links as link', (join) =>
        join
          .onRef('link.practice_id', '=', 'client.practice_id')
          .onRef('link.client_pims_id', '=', 'client.pims_id'),
      )
      .where('client.merged_into', 'in', ids)
      .where((eb) => eb.or([eb('client.undecided', '=', 1), eb('link.account_id', 'is not', null)]))
      .execute();
    latest = [...into, ...from].filter((row) => !have.has(row.pims_id));
    for (const row of latest) have.set(row.pims_id, row);
  }
  return [...have.values()].slice(rows.length);
}

async function petsOf(
  trx: DatabaseTransaction,
  practiceId: string,
  ids: readonly string[],
): Promise<Map<string, Pet[]>> {
  if (ids.length === 0) return new Map();
  const rows = await trx
    .selectFrom('pims_pets')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', [...ids])
    .execute();
  return grouped(rows, (row) => row.client_pims_id, petOf);
}

/** A stored pet as the connector gave it. */
export function petOf(row: Row<'pims_pets'>): Pet {
  return {
    pimsId: row.pims_id,
    name: row.name,
    species: row.species,
    speciesRaw: row.species_raw,
    breed: row.breed,
    sex: row.sex as Sex,
    neutered: row.neutered === null ? null : row.neutered === 1,
    sexRaw: row.sex_raw,
    bornOn: row.born_on,
    diedOn: row.died_on,
    status: row.status as PetStatus,
    statusRaw: row.status_raw,
    share: row.share,
    primaryOwner: row.primary_owner === 1,
  };
}

export async function linksOf(
  trx: Database | DatabaseTransaction,
  practiceId: string,
  ids: readonly string[],
) {
  if (ids.length === 0) return new Map<string, Row<'account_links'>>();
  const rows = await trx
    .selectFrom('account_links')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', [...ids])
    .execute();
  return new Map(rows.map((row) => [row.client_pims_id, row]));
}

async function openWork(trx: DatabaseTransaction, practiceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, WorkItemKind[]>();
  const rows = await trx
    .selectFrom('work_items')
    .select(['client_pims_id', 'kind'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', [...ids])
    .where('closed_at', 'is', null)
    .execute();
  return grouped(rows, (row) => row.client_pims_id ?? '', (row) => row.kind as WorkItemKind); // prettier-ignore
}

async function twinsOf(trx: DatabaseTransaction, practiceId: string, rows: readonly ClientRow[]) {
  const keys = [...new Set(rows.map((row) => row.twin_key))].filter((key) => key !== null);
  if (keys.length === 0) return new Map<string, Twin[]>();
  const found = await trx
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key', 'twin_key'])
    .where('practice_id', '=', practiceId)
    .where('twin_key', 'in', keys)
    .where('living', '=', 1)
    .execute();
  return grouped(found, (row) => row.twin_key ?? '', (row): Twin => ({ pimsId: row.pims_id, emailKey: row.email_key })); // prettier-ignore
}

/** Accounts that hold a mail for one of these clients which was not sent: recalled by a person, it stays recalled. */
async function accountsPromised(
  trx: DatabaseTransaction,
  practiceId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await trx
    .selectFrom('welcomes')
    .select('account_id')
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', [...ids])
    .where('state', 'in', ['owed', 'recalled'])
    .execute();
  return rows.map((row) => row.account_id);
}

export async function accountsOf(
  trx: Database | DatabaseTransaction,
  linkedIds: readonly string[],
  emailKeys: readonly string[],
  now: Date,
): Promise<AccountFacts[]> {
  if (linkedIds.length + emailKeys.length === 0) return [];
  const rows = await trx
    .selectFrom('accounts')
    .leftJoin('temporary_credentials as credential', 'credential.account_id', 'accounts.id')
    .select([
      'accounts.id',
      'accounts.email',
      'accounts.email_key',
      'accounts.first_login_at',
      'accounts.closed_at',
    ])
    .select((eb) => [
      eb.and([eb('credential.sealed', 'is not', null), eb('credential.expires_at', '>', now)]).as('alive'),
    ])
    .where((eb) =>
      eb.or([
        ...(linkedIds.length > 0 ? [eb('accounts.id', 'in', [...linkedIds])] : []),
        ...(emailKeys.length > 0 ? [eb('email_key', 'in', [...new Set(emailKeys)])] : []),
      ]),
    )
    .execute();
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const links = await trx
    .selectFrom('account_links as link')
    .leftJoin('pims_clients as client', (join) =>
      join
        .onRef('client.practice_id', '=', 'link.practice_id')
        .onRef('client.pims_id', '=', 'link.client_pims_id'),
    )
    .select(['link.account_id', 'link.practice_id', 'link.client_pims_id', 'link.made_by'])
    .select(['client.email_key', 'client.living'])
    .where('link.account_id', 'in', ids)
    .execute();
  const welcomes = await trx
    .selectFrom('welcomes')
    .select(['id', 'account_id', 'practice_id', 'client_pims_id', 'kind', 'state', 'superseded'])
    .where('account_id', 'in', ids)
    .where('kind', 'in', ['welcome', 'practice-added'])
    .execute();
  const linksBy = grouped(links, (row) => row.account_id, (row) => row); // prettier-ignore
  const welcomesBy = grouped(welcomes, (row) => row.account_id, (row) => row); // prettier-ignore
  return rows.map((row) => ({
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    firstLoginAt: row.first_login_at,
    closedAt: row.closed_at,
    hasLivingPassword: Boolean(row.alive),
    links: (linksBy.get(row.id) ?? []).map((link) => ({
      practiceId: link.practice_id,
      pimsId: link.client_pims_id,
      by: link.made_by,
      loginKey: link.email_key,
      living: link.living === 1,
    })),
    welcomes: (welcomesBy.get(row.id) ?? []).map((welcome) => ({
      id: welcome.id,
      practiceId: welcome.practice_id,
      pimsId: welcome.client_pims_id ?? '',
      kind: welcome.kind as 'welcome' | 'practice-added',
      state: welcome.state as never,
      superseded: welcome.superseded === 1,
    })),
  }));
}

export async function addressCounts(
  trx: Database | DatabaseTransaction,
  practiceId: string,
  keys: readonly string[],
): Promise<Map<string, AddressCount>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<{ email_key: string; here: number; anywhere: number }>`
    SELECT email_key, CAST(SUM(practice_id = ${practiceId}) AS SIGNED) AS here, COUNT(*) AS anywhere
    FROM pims_clients WHERE living = 1 AND email_key IN (${sql.join(keys)}) GROUP BY email_key`.execute(trx);
  return new Map(
    rows.map((row) => [row.email_key, { here: Number(row.here), anywhere: Number(row.anywhere) }]),
  );
}

export async function suppressionsOf(
  trx: Database | DatabaseTransaction,
  keys: readonly string[],
): Promise<Map<string, Suppression>> {
  if (keys.length === 0) return new Map();
  const rows = await trx
    .selectFrom('suppressions')
    .select(['email_key', 'reason'])
    .where('email_key', 'in', [...keys])
    .execute();
  return new Map(rows.map((row) => [row.email_key, row.reason]));
}

export function grouped<R, V>(
  rows: readonly R[],
  key: (row: R) => string,
  value: (row: R) => V,
): Map<string, V[]> {
  const groups = new Map<string, V[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(value(row));
    else groups.set(key(row), [value(row)]);
  }
  return groups;
}
