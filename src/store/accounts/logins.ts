import { readAddress } from '../../domain/client/email-address.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { camelCased, type CamelCased } from '../db/camel-case.js';
import type { Row } from '../db/tables.js';

/** The data that a login is checked against. */
export interface Login {
  accountId: string;
  email: string;
  passwordHash: string | null;
  firstLoginAt: Date | null;
  /**
   * Time at which they confirmed their data. If it is null and there is a password, a reset set the password in the
   * middle of the first login.
   */
  confirmedAt: Date | null;
  credential: CamelCased<Row<'temporary_credentials'>> | null;
}

/**
 * Returns the key of an address: two addresses with one key are one account. Null if no account could have this
 * address.
 */
export function emailKeyOf(typed: string): string | null {
  const address = readAddress(typed.trim());
  return typeof address === 'object' ? address.key : null;
}

/** Finds the open account of an email key, with its temporary credential, in one round trip; null if there is none. */
export async function findLogin(db: Database | DatabaseTransaction, emailKey: string): Promise<Login | null> {
  return one(db, 'a.email_key', emailKey, false);
}

/** Finds a login by the account's id; includes closed accounts only if `closedToo` is set. */
export async function findLoginById(
  db: Database | DatabaseTransaction,
  accountId: string,
  options: { closedToo?: boolean } = {},
): Promise<Login | null> {
  return one(db, 'a.id', accountId, options.closedToo ?? false);
}

async function one(
  db: Database | DatabaseTransaction,
  column: 'a.email_key' | 'a.id',
  value: string,
  closedToo: boolean,
): Promise<Login | null> {
  let query = db
    .selectFrom('accounts as a')
    .leftJoin('temporary_credentials as t', 't.account_id', 'a.id')
    .selectAll('t')
    .select(['a.id as login_id', 'a.email', 'a.password_hash', 'a.first_login_at', 'a.confirmed_at'])
    .where(column, '=', value);
  if (!closedToo) query = query.where('a.closed_at', 'is', null);
  const row = await query.executeTakeFirst();
  if (!row) return null;
  const {
    login_id: accountId,
    email,
    password_hash: passwordHash,
    first_login_at: firstLoginAt,
    confirmed_at: confirmedAt,
    ...credential
  } = row;
  return {
    accountId,
    email,
    passwordHash,
    firstLoginAt,
    confirmedAt,
    credential: credential.account_id === null ? null : camelCased(credential as Row<'temporary_credentials'>),
  };
}

/**
 * Adds one to the failed attempts shown to staff. Called for every attempt, with an id that no row has if there is no
 * account, so that known and unknown addresses cause the same statements.
 */
export async function countTry(trx: DatabaseTransaction, accountId: string | null): Promise<void> {
  await trx
    .updateTable('temporary_credentials')
    .set((eb) => ({ failed_tries: eb('failed_tries', '+', 1) }))
    .where('account_id', '=', accountId ?? '-')
    .where('used_at', 'is', null)
    .execute();
}

/** Records the time of a successful login. */
export async function noteLogin(trx: DatabaseTransaction, accountId: string, now: Date): Promise<void> {
  await trx.updateTable('accounts').set({ last_login_at: now }).where('id', '=', accountId).execute();
}
