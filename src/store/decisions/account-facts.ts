import { sql, type NotNull } from 'kysely';
import type { AccountFacts, AccountMessage, AddressCount } from '../../domain/decision/facts.js';
import type { Suppression } from '../../domain/decision/eligibility.js';
import { pausableKinds, type PausableKind } from '../../domain/message/message-kinds.js';
import { grouped } from '../../lib/group-by.js';
import { inList } from '../db/bulk.js';
import type { DatabaseTransaction } from '../db/database.js';

/** Loads these accounts, and those with one of these addresses, with their links and messages in every practice. */
export async function accountsOf(
  trx: DatabaseTransaction,
  ids: readonly string[],
  emailKeys: readonly string[],
  now: Date,
): Promise<AccountFacts[]> {
  if (ids.length + emailKeys.length === 0) return [];
  const accounts = await trx
    .selectFrom('accounts')
    .leftJoin('temporary_credentials as credential', 'credential.account_id', 'accounts.id')
    .select(['accounts.id', 'accounts.email', 'accounts.email_key', 'accounts.first_login_at', 'accounts.closed_at'])
    .select((eb) => [
      eb.and([eb('credential.sealed', 'is not', null), eb('credential.expires_at', '>', now)]).as('alive'),
    ])
    .where((eb) =>
      eb.or([
        ...(ids.length > 0 ? [eb('accounts.id', 'in', inList(ids))] : []),
        ...(emailKeys.length > 0 ? [eb('email_key', 'in', inList(emailKeys))] : []),
      ]),
    )
    .execute();
  if (accounts.length === 0) return [];
  const found = accounts.map((row) => row.id);
  const [links, messages] = await Promise.all([linksOfAccounts(trx, found), messagesOfAccounts(trx, found)]);
  return accounts.map((row) => ({
    id: row.id,
    email: row.email,
    emailKey: row.email_key,
    firstLoginAt: row.first_login_at,
    closedAt: row.closed_at,
    hasLivingPassword: Boolean(row.alive),
    links: links.get(row.id) ?? [],
    messages: messages.get(row.id) ?? [],
  }));
}

async function linksOfAccounts(trx: DatabaseTransaction, accountIds: readonly string[]) {
  const rows = await trx
    .selectFrom('account_links as link')
    .leftJoin('pims_clients as client', (join) =>
      join.onRef('client.practice_id', '=', 'link.practice_id').onRef('client.pims_id', '=', 'link.client_pims_id'),
    )
    .select(['link.account_id', 'link.practice_id', 'link.client_pims_id', 'link.made_by'])
    .select(['client.email_key', 'client.living'])
    .where('link.account_id', 'in', inList(accountIds))
    .execute();
  return grouped(
    rows,
    (row) => row.account_id,
    (row) => ({
      practiceId: row.practice_id,
      pimsId: row.client_pims_id,
      by: row.made_by,
      loginKey: row.email_key,
      living: row.living === 1,
    }),
  );
}

async function messagesOfAccounts(trx: DatabaseTransaction, accountIds: readonly string[]) {
  const rows = await trx
    .selectFrom('messages')
    .select(['id', 'account_id', 'practice_id', 'client_pims_id', 'kind', 'state', 'superseded', 'requested_by'])
    .$narrowType<{ account_id: NotNull; practice_id: NotNull; kind: PausableKind }>()
    .where('account_id', 'in', inList(accountIds))
    .where('kind', 'in', pausableKinds)
    .execute();
  return grouped(
    rows,
    (row) => row.account_id,
    (row): AccountMessage => ({
      id: row.id,
      practiceId: row.practice_id,
      pimsId: row.client_pims_id ?? '',
      kind: row.kind,
      state: row.state,
      superseded: row.superseded === 1,
      askedFor: row.requested_by !== null,
    }),
  );
}

/** Returns the accounts with an unsent email for one of these clients; an email that staff recalled stays recalled. */
export async function accountsPromised(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<string[]> {
  if (pimsIds.length === 0) return [];
  const rows = await trx
    .selectFrom('messages')
    .select('account_id')
    .$narrowType<{ account_id: NotNull }>()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(pimsIds))
    .where('state', 'in', ['queued', 'recalled'])
    .execute();
  return rows.map((row) => row.account_id);
}

/** The facts about addresses that an evaluation needs, by email key. */
export interface AddressFacts {
  addresses: Map<string, AddressCount>;
  suppressed: Map<string, Suppression>;
}

/** Counts the living clients of each address, and finds the addresses that must not be written to. */
export async function addressFacts(
  trx: DatabaseTransaction,
  practiceId: string,
  emailKeys: readonly string[],
): Promise<AddressFacts> {
  if (emailKeys.length === 0) return { addresses: new Map(), suppressed: new Map() };
  const keys = inList(emailKeys);
  const [counts, suppressions] = await Promise.all([
    sql<{ email_key: string; here: number; anywhere: number }>`
      SELECT email_key, CAST(SUM(practice_id = ${practiceId}) AS SIGNED) AS here, COUNT(*) AS anywhere
      FROM pims_clients WHERE living = 1 AND email_key IN ${keys} GROUP BY email_key`.execute(trx),
    trx.selectFrom('suppressions').select(['email_key', 'reason']).where('email_key', 'in', keys).execute(),
  ]);
  return {
    addresses: new Map(
      counts.rows.map((row) => [row.email_key, { here: Number(row.here), anywhere: Number(row.anywhere) }]),
    ),
    suppressed: new Map(suppressions.map((row) => [row.email_key, row.reason])),
  };
}
