import { sql } from 'kysely';
import type {
  AccountFacts,
  AccountMessage,
  AddressCount,
  ClientFacts,
  EvaluationBatch,
} from '../../domain/decision/facts.js';
import type { Suppression, DuplicateSuspect } from '../../domain/decision/eligibility.js';
import { grouped } from '../../lib/group-by.js';
import type { NewId } from '../../lib/ids.js';
import type { ReasonCode } from '../../domain/decision/reasons.js';
import type { TaskKind } from '../../domain/decision/evaluation-plan.js';
import { inList } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { withKnown } from '../accounts/known-of-accounts.js';
import { refusalsOf } from '../accounts/links.js';
import { knownClients, type KnownClient, type KnownClients, type EvaluatedPractice } from './client-records.js';
import type { ClientRow } from './next-batch.js';
import type { Row } from '../db/tables.js';
import { undoneFactsOf } from './undone-facts.js';

/**
 * Loads all facts that an evaluation needs about these clients. Runs independent queries concurrently: the database
 * works on one while the answer to another is read.
 *
 * @param known from `clientsAhead`, or empty
 */
export async function loadFacts(
  trx: DatabaseTransaction,
  practice: EvaluatedPractice,
  rows: readonly ClientRow[],
  known: KnownClients,
  newId: NewId,
  now: Date,
): Promise<EvaluationBatch> {
  const ids = rows.map((row) => row.pims_id);
  // A client evaluated for the first time was never promised anything.
  const decidedBefore = rows.filter((row) => row.settled === 1).map((row) => row.pims_id);
  const [told, links, work, duplicates, promised, refusals, undone] = await Promise.all([
    knownClients(trx, practice, rows, known),
    linksOf(trx, practice.id, ids),
    openWork(trx, practice.id, ids),
    twinsOf(trx, practice.id, rows),
    accountsPromised(trx, practice.id, decidedBefore),
    refusalsOf(trx, practice.id, decidedBefore),
    undoneFactsOf(trx, practice.id, ids),
  ]);
  const clients = rows.map((row): ClientFacts => {
    const { client, person } = told.get(row.pims_id) as KnownClient;
    const link = links.get(row.pims_id);
    return {
      pimsId: row.pims_id,
      client,
      person,
      vanished: row.missing_since !== null,
      identityConflict: row.identity_conflict === 1,
      mergedInto: row.merged_into,
      duplicates: (row.duplicate_key === null ? [] : (duplicates.get(row.duplicate_key) ?? [])).filter(
        (duplicate) => duplicate.pimsId !== row.pims_id,
      ),
      link: link ? { accountId: link.account_id, by: link.made_by, reason: link.reason } : null,
      refused: refusals.get(row.pims_id) ?? [],
      allowed: (row.allowed?.split(' ') ?? []) as ReasonCode[],
      undone: undone.get(row.pims_id) ?? [],
      openTasks: work.get(row.pims_id) ?? [],
      previousDecision:
        row.settled === 0 || row.verdict === null || row.reason === null
          ? null
          : { verdict: row.verdict, reason: row.reason as ReasonCode },
    };
  });

  const loginKeys = [...new Set(clients.map(({ person }) => person.emails.loginKey).filter((key) => key !== null))];
  const linkedIds = [...links.values()].map((link) => link.account_id);
  const [accounts, ...aboutKeys] = await Promise.all([
    accountsOf(trx, [...new Set([...linkedIds, ...promised])], loginKeys, now),
    addressCounts(trx, practice.id, loginKeys),
    suppressionsOf(trx, loginKeys),
  ]);
  const asked = new Set(loginKeys);
  // An account keeps the address with which its person logged in, even if the PIMS changes it.
  const others = accounts.map(({ emailKey }) => emailKey).filter((key) => !asked.has(key));
  const aboutOthers = await Promise.all([addressCounts(trx, practice.id, others), suppressionsOf(trx, others)]);
  return {
    practice: { id: practice.id, policy: practice.policy, driftHold: practice.driftHold },
    today: practice.today,
    newId,
    clients,
    accounts: await withKnown(trx, practice.id, clients, accounts),
    addresses: new Map([...aboutKeys[0], ...aboutOthers[0]]),
    suppressed: new Map([...aboutKeys[1], ...aboutOthers[1]]),
  };
}

export async function linksOf(trx: Database | DatabaseTransaction, practiceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Row<'account_links'>>();
  const rows = await trx
    .selectFrom('account_links')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .execute();
  return new Map(rows.map((row) => [row.client_pims_id, row]));
}

async function openWork(trx: DatabaseTransaction, practiceId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, TaskKind[]>();
  const rows = await trx
    .selectFrom('tasks')
    .select(['client_pims_id', 'kind'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .where('closed_at', 'is', null)
    .execute();
  return grouped(
    rows,
    (row) => row.client_pims_id ?? '',
    (row) => row.kind as TaskKind,
  );
}

/**
 * Finds duplicate suspects. They are rare, and an index alone shows which keys several clients share; only those rows
 * are read.
 */
async function twinsOf(trx: DatabaseTransaction, practiceId: string, rows: readonly ClientRow[]) {
  const keys = [...new Set(rows.map((row) => row.duplicate_key))].filter((key) => key !== null);
  if (keys.length === 0) return new Map<string, DuplicateSuspect[]>();
  const withTwins = (
    await trx
      .selectFrom('pims_clients')
      .select('duplicate_key')
      .where('practice_id', '=', practiceId)
      .where('duplicate_key', 'in', inList(keys))
      .groupBy('duplicate_key')
      .having((eb) => eb.fn.countAll(), '>', 1)
      .execute()
  ).flatMap((row) => row.duplicate_key ?? []);
  if (withTwins.length === 0) return new Map<string, DuplicateSuspect[]>();
  const found = await trx
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key', 'duplicate_key'])
    .where('practice_id', '=', practiceId)
    .where('duplicate_key', 'in', inList(withTwins))
    .where('living', '=', 1)
    .execute();
  return grouped(
    found,
    (row) => row.duplicate_key ?? '',
    (row): DuplicateSuspect => ({ pimsId: row.pims_id, emailKey: row.email_key }),
  );
}

/** Returns accounts with an unsent email for one of these clients; an email that staff recalled stays recalled. */
async function accountsPromised(
  trx: DatabaseTransaction,
  practiceId: string,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await trx
    .selectFrom('messages')
    .select('account_id')
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .where('state', 'in', ['queued', 'recalled'])
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
    .select(['accounts.id', 'accounts.email', 'accounts.email_key', 'accounts.first_login_at', 'accounts.closed_at'])
    .select((eb) => [
      eb.and([eb('credential.sealed', 'is not', null), eb('credential.expires_at', '>', now)]).as('alive'),
    ])
    .where((eb) =>
      eb.or([
        ...(linkedIds.length > 0 ? [eb('accounts.id', 'in', inList(linkedIds))] : []),
        ...(emailKeys.length > 0 ? [eb('email_key', 'in', inList([...new Set(emailKeys)]))] : []),
      ]),
    )
    .execute();
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return [];
  const linksQuery = trx
    .selectFrom('account_links as link')
    .leftJoin('pims_clients as client', (join) =>
      join.onRef('client.practice_id', '=', 'link.practice_id').onRef('client.pims_id', '=', 'link.client_pims_id'),
    )
    .select(['link.account_id', 'link.practice_id', 'link.client_pims_id', 'link.made_by'])
    .select(['client.email_key', 'client.living'])
    .where('link.account_id', 'in', inList(ids))
    .execute();
  const messagesQuery = trx
    .selectFrom('messages')
    .select(['id', 'account_id', 'practice_id', 'client_pims_id', 'kind', 'state', 'superseded', 'requested_by'])
    .where('account_id', 'in', inList(ids))
    .where('kind', '!=', 'password-reset')
    .execute();
  const [links, messages] = await Promise.all([linksQuery, messagesQuery]);
  const linksBy = grouped(
    links,
    (row) => row.account_id,
    (row) => row,
  );
  const messagesBy = grouped(
    messages,
    (row) => row.account_id,
    (row) => row,
  );
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
    messages: (messagesBy.get(row.id) ?? []).map((welcome) => ({
      id: welcome.id,
      practiceId: welcome.practice_id,
      pimsId: welcome.client_pims_id ?? '',
      kind: welcome.kind as AccountMessage['kind'],
      state: welcome.state,
      superseded: welcome.superseded === 1,
      askedFor: welcome.requested_by !== null,
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
    FROM pims_clients WHERE living = 1 AND email_key IN ${inList(keys)} GROUP BY email_key`.execute(trx);
  return new Map(rows.map((row) => [row.email_key, { here: Number(row.here), anywhere: Number(row.anywhere) }]));
}

export async function suppressionsOf(
  trx: Database | DatabaseTransaction,
  keys: readonly string[],
): Promise<Map<string, Suppression>> {
  if (keys.length === 0) return new Map();
  const rows = await trx
    .selectFrom('suppressions')
    .select(['email_key', 'reason'])
    .where('email_key', 'in', inList(keys))
    .execute();
  return new Map(rows.map((row) => [row.email_key, row.reason]));
}
