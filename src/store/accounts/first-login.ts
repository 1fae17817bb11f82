import { isProblem } from '../../lib/problem.js';
import type { Keyring } from '../../lib/sealing.js';
import { Secret } from '../../lib/secret.js';
import { comparable, matches } from '../../domain/account/temporary-password.js';
import { saveContact, savePets, type ConfirmedProfile } from './account-profile.js';
import { record, type Act } from '../access/audit.js';
import type { Credentials } from './credentials.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import type { Login } from './logins.js';
import { endSessionsOf } from '../access/sessions.js';

/**
 * Records the first login with a temporary password. From this commit on nobody can see that password; for
 * `graceMinutes` it still lets the person continue where they stopped. The `first-login` job clears the sealed bytes;
 * the caller enqueues it afterwards.
 *
 * @returns false if the password was used, replaced or cleared in the meantime
 */
export async function beginFirstLogin(
  trx: DatabaseTransaction,
  credentials: Credentials,
  { accountId, typed }: { accountId: string; typed: Secret },
  graceMinutes: number,
  { actor, now }: Act,
): Promise<boolean> {
  if (!(await credentials.markUsed(trx, accountId, typed, graceMinutes))) return false;
  await markAccount(trx, accountId, now);
  await record(trx, { actor, action: 'first-login', accountId }, now);
  return true;
}

/**
 * The result of checking a typed password against a temporary credential. `right-but-expired` and `grace-over` are
 * revealed only to a person who knew the secret. `unreadable` is an operator's problem: this process lacks the key, so
 * it cannot check the password.
 */
export type TemporaryCheck = 'right' | 'right-but-expired' | 'going-on' | 'grace-over' | 'wrong' | 'unreadable';

/**
 * Compares a typed password without writing anything. `countTry` counts failed attempts, for known and unknown
 * addresses alike, so that the response time does not reveal whether there is an account.
 */
export function checkTemporary(
  login: Pick<Login, 'accountId' | 'credential'> | null,
  typed: Secret,
  keyring: Keyring,
  now: Date,
): TemporaryCheck {
  const row = login?.credential;
  if (!row) return 'wrong';
  try {
    if (row.graceDigest && row.graceKeyId) {
      // The digest is keyed and covers the whole input: a partial match of two digests reveals nothing about the
      // password.
      const mark = keyring.mark(new Secret(comparable(typed.open())), row.accountId, row.graceKeyId);
      if (!mark.equals(row.graceDigest)) return 'wrong';
      return row.graceUntil && row.graceUntil > now ? 'going-on' : 'grace-over';
    }
    if (row.usedAt !== null || row.clearedAt !== null || !row.sealed || !row.keyId) return 'wrong';
    const password = keyring.open({ keyId: row.keyId, bytes: row.sealed }, row.accountId);
    if (!matches(password, typed)) return 'wrong';
  } catch (error) {
    if (isProblem(error, 'credential-key-unknown', 'credential-unreadable')) return 'unreadable';
    throw error;
  }
  return row.expiresAt > now ? 'right' : 'right-but-expired';
}

/**
 * Records the first login that a Pet App with its own login reports; that app also asks the person to confirm their
 * data. Has no effect the second time.
 *
 * @returns whether it was the first time; null if there is no such account
 */
export async function reportFirstLogin(
  trx: DatabaseTransaction,
  accountId: string,
  { actor, now }: Act,
): Promise<'first' | 'known' | null> {
  const account = await trx
    .selectFrom('accounts')
    .select('first_login_at')
    .where('id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
  if (!account) return null;
  if (account.first_login_at) return 'known';
  await trx
    .updateTable('temporary_credentials')
    .set({ used_at: now })
    .where('account_id', '=', accountId)
    .where('used_at', 'is', null)
    .execute();
  await markAccount(trx, accountId, now);
  await trx.updateTable('accounts').set({ confirmed_at: now }).where('id', '=', accountId).execute();
  await record(trx, { actor, action: 'first-login', accountId, details: { reportedBy: 'pet-app' } }, now);
  return 'first';
}

/**
 * Ends a first login: the data is confirmed, the person's own password is set, and the temporary password stops
 * working. Ends every session of the account; the caller opens a new one.
 *
 * @param profile the confirmed data; null if it was stored step by step before
 */
export async function finishFirstLogin(
  db: Database,
  finished: { accountId: string; passwordHash: string; profile: ConfirmedProfile | null },
  act: Act,
): Promise<void> {
  const { accountId, profile } = finished;
  await inTransaction(db, async (trx) => {
    await setPassword(trx, accountId, finished.passwordHash, act.now);
    await confirm(trx, accountId, profile, act);
  });
}

/**
 * Ends a first login whose password was set by a reset before: confirms the data stored step by step.
 *
 * @param profile the confirmed data; null if it was stored step by step before
 */
export async function confirmProfile(
  db: Database,
  accountId: string,
  profile: ConfirmedProfile | null,
  act: Act,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await endSessionsOf(trx, 'pet-parent', accountId);
    await confirm(trx, accountId, profile, act);
  });
}

async function confirm(
  trx: DatabaseTransaction,
  accountId: string,
  profile: ConfirmedProfile | null,
  act: Act,
): Promise<void> {
  if (profile) {
    await saveContact(trx, accountId, profile);
    await savePets(trx, accountId, profile.pets, act);
  }
  const { actor, now } = act;
  await trx.updateTable('accounts').set({ confirmed_at: now }).where('id', '=', accountId).execute();
  await record(trx, { actor, action: 'first-login-finished', accountId }, now);
}

/** Sets the person's own password: temporary passwords stop working, and every session ends. */
export async function setPassword(
  trx: DatabaseTransaction,
  accountId: string,
  passwordHash: string,
  now: Date,
): Promise<void> {
  await trx.updateTable('accounts').set({ password_hash: passwordHash }).where('id', '=', accountId).execute();
  await markAccount(trx, accountId, now);
  await trx
    .updateTable('temporary_credentials')
    .set((eb) => ({
      grace_digest: null,
      grace_key_id: null,
      grace_until: null,
      used_at: eb.fn.coalesce('used_at', eb.val(now)) as never,
    }))
    .where('account_id', '=', accountId)
    .execute();
  await endSessionsOf(trx, 'pet-parent', accountId);
}

async function markAccount(trx: DatabaseTransaction, accountId: string, now: Date): Promise<void> {
  await trx
    .updateTable('accounts')
    .set((eb) => ({
      last_login_at: now,
      first_login_at: eb.fn.coalesce('first_login_at', eb.val(now)) as never,
    }))
    .where('id', '=', accountId)
    .execute();
}
