import { sql } from 'kysely';
import { grouped } from '../../lib/group-by.js';
import type { Clock } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import type { Keyring } from '../../lib/sealing.js';
import { Secret } from '../../lib/secret.js';
import { comparable, matches, newTemporaryPassword } from '../../domain/account/temporary-password.js';
import { visibility, type Visibility } from '../../domain/account/visibility.js';
import { inList } from '../db/bulk.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

const day = 24 * 3600_000;

export type ClearedReason = 'first-login' | 'password-set' | 'expired' | 'email-changed' | 'left' | 'erased';

/** What staff may see of a temporary password now, or the reason why it is hidden. */
type Shown =
  | { visible: true; password: Secret; issuedAt: Date; expiresAt: Date }
  | { visible: false; why: Exclude<Visibility, 'visible'> };

export type SealedRow = Pick<Row<'temporary_credentials'>, 'account_id' | 'key_id' | 'sealed'>;

export type IssuedRow = {
  account_id: string;
  issuing_practice_id: string;
  key_id: string;
  sealed: Buffer;
  issued_at: Date;
  expires_at: Date;
};

/** An account that needs a new temporary password, the practice that issues it, and its validity in days. */
interface Issuing {
  accountId: string;
  practiceId: string;
  days: number;
}

/** Replaces the account's former password, which stops working. Run `passingOn` before it. */
export const replacesFormer = `ON DUPLICATE KEY UPDATE key_id = VALUES(key_id), sealed = VALUES(sealed),
   issued_at = VALUES(issued_at), expires_at = VALUES(expires_at), failed_tries = 0, used_at = NULL, grace_digest = NULL,
   grace_key_id = NULL, grace_until = NULL, cleared_at = NULL, cleared_reason = NULL`;

/** Manages the temporary passwords: sealed, visible until the first login with them, cleared at first login. */
export interface Credentials {
  /**
   * Seals new temporary passwords for many accounts, each with its own validity, without writing them: insert the rows
   * with `replacesFormer`. The caller checks, in the same transaction, that none of the accounts has logged in.
   */
  sealMany(accounts: readonly Issuing[]): IssuedRow[];
  /** Runs `sealMany` and writes the rows. @returns the rows as written */
  issueMany(trx: Database | DatabaseTransaction, accounts: readonly Issuing[]): Promise<IssuedRow[]>;
  /**
   * Gives one account a new temporary password; the former one stops working.
   *
   * @throws Problem `account-unknown`, `already-logged-in`, `account-closed`
   */
  issue(trx: DatabaseTransaction, issuing: Issuing): Promise<void>;
  /** Returns the temporary password if staff may see it now. */
  show(accountId: string): Promise<Shown>;
  /**
   * Records the first successful login with it: from this commit on nobody may see it. A one-way digest stays for
   * `graceMinutes`, so that an interrupted first login can continue after the sealed bytes are cleared.
   *
   * @param typed the password that the person logs in with; checked again, because it may have been replaced meanwhile
   * @returns false if it was used before, was replaced, or is cleared
   */
  markUsed(trx: DatabaseTransaction, accountId: string, typed: Secret, graceMinutes: number): Promise<boolean>;
  /**
   * Clears the sealed bytes and leaves a receipt. Has no effect the second time. @returns whether there were sealed
   * bytes
   */
  clear(trx: Database | DatabaseTransaction, accountId: string, why: ClearedReason): Promise<boolean>;
}

/** Creates the only door to the temporary passwords. */
export function createCredentials(deps: { db: Database; keyring: Keyring; clock: Clock }): Credentials {
  const { db, keyring, clock } = deps;

  const credentialOf = (accountId: string) =>
    db
      .selectFrom('temporary_credentials as c')
      .innerJoin('accounts as a', 'a.id', 'c.account_id')
      .select(['c.used_at as usedAt', 'c.cleared_at as clearedAt', 'c.issued_at as issuedAt'])
      .select(['c.expires_at as expiresAt', 'c.key_id as keyId', 'c.sealed'])
      .select(['a.first_login_at as firstLoginAt', 'a.password_hash as passwordHash'])
      .where('c.account_id', '=', accountId)
      .executeTakeFirst();

  function sealMany(accounts: readonly Issuing[]): IssuedRow[] {
    const now = clock();
    // Accounts with equal validity share one Date, so that its SQL literal is built once.
    const ends = new Map<number, Date>();
    return accounts.map(({ accountId, practiceId, days }) => {
      const { keyId, bytes } = keyring.seal(newTemporaryPassword(), accountId);
      const expires_at = ends.get(days) ?? new Date(now.getTime() + days * day);
      ends.set(days, expires_at);
      return {
        account_id: accountId,
        issuing_practice_id: practiceId,
        key_id: keyId,
        sealed: bytes,
        issued_at: now,
        expires_at,
      };
    });
  }

  async function issueMany(trx: Database | DatabaseTransaction, accounts: readonly Issuing[]): Promise<IssuedRow[]> {
    const rows = sealMany(accounts);
    for (const [practiceId, some] of grouped(
      accounts,
      (one) => one.practiceId,
      (one) => one.accountId,
    ))
      await passingOn(practiceId, some).execute(trx);
    await insertMany(trx, 'temporary_credentials', rows, replacesFormer);
    return rows;
  }

  return {
    sealMany,
    issueMany,

    async issue(trx, issuing) {
      const { accountId } = issuing;
      const account = await trx
        .selectFrom('accounts')
        .select(['first_login_at', 'closed_at'])
        .where('id', '=', accountId)
        .forUpdate()
        .executeTakeFirst();
      if (!account) throw new Problem({ code: 'account-unknown', message: `There is no account ${accountId}.` });
      if (account.closed_at !== null) {
        throw new Problem({ code: 'account-closed', message: `Account ${accountId} was closed.` });
      }
      if (account.first_login_at !== null) {
        throw new Problem({
          code: 'already-logged-in',
          message: 'This pet parent has already logged in and has their own password.',
          help: 'Send a password reset instead.',
        });
      }
      await issueMany(trx, [issuing]);
    },

    async show(accountId) {
      const row = await credentialOf(accountId);
      if (!row) return { visible: false, why: 'none' };
      const { firstLoginAt, passwordHash, ...credential } = row;
      const why = visibility({ firstLoginAt, passwordHash, credential }, clock());
      if (why !== 'visible') return { visible: false, why };
      const password = unseal(keyring, { account_id: accountId, key_id: row.keyId, sealed: row.sealed });
      const { issuedAt, expiresAt } = row;
      return password ? { visible: true, password, issuedAt, expiresAt } : { visible: false, why: 'cleared' };
    },

    async markUsed(trx, accountId, typed, graceMinutes) {
      const row = await trx
        .selectFrom('temporary_credentials')
        .select(['account_id', 'key_id', 'sealed', 'used_at'])
        .where('account_id', '=', accountId)
        .forUpdate()
        .executeTakeFirst();
      const password = row && row.used_at === null ? unseal(keyring, row) : null;
      if (!password || !matches(password, typed)) return false;
      const now = clock();
      await trx
        .updateTable('temporary_credentials')
        .set({
          used_at: now,
          grace_digest: keyring.mark(new Secret(comparable(password.open())), accountId),
          grace_key_id: keyring.currentKeyId,
          grace_until: new Date(now.getTime() + graceMinutes * 60_000),
        })
        .where('account_id', '=', accountId)
        .execute();
      return true;
    },

    async clear(trx, accountId, why) {
      const { numUpdatedRows } = await clearing(trx, [accountId], why, clock()).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

/**
 * Passes logins on whose issuing practice has no linked record any more: to the practice with the oldest link, else to
 * this one. Deletes the name and phone that came from the former practice. Any other login stays with the practice that
 * issued it first: a practice that joined the account later gets no power over it by requesting a new password, or by
 * sending one that expired. Run it before a new password is issued. Joins, because MariaDB scans all links for each row
 * of a correlated subquery in `ON DUPLICATE KEY UPDATE` (a night with 10 % changes took four times as long).
 */
export function passingOn(practiceId: string, accountIds: readonly string[]) {
  return sql`UPDATE temporary_credentials t
    JOIN accounts a ON a.id = t.account_id
    LEFT JOIN account_links l ON l.account_id = t.account_id AND l.practice_id = t.issuing_practice_id
    SET a.first_name = NULL, a.last_name = NULL, a.phone = NULL, t.issuing_practice_id = COALESCE(
      (SELECT o.practice_id FROM account_links o WHERE o.account_id = t.account_id
        ORDER BY o.linked_at, o.practice_id LIMIT 1), ${practiceId})
    WHERE t.account_id IN ${inList(accountIds)} AND a.first_login_at IS NULL AND l.account_id IS NULL`;
}

/** Clears the sealed bytes of these accounts and leaves receipts. */
export function clearing(
  trx: Database | DatabaseTransaction,
  accountIds: readonly string[],
  why: ClearedReason,
  now: Date,
) {
  return trx
    .updateTable('temporary_credentials')
    .set({ sealed: null, key_id: null, cleared_at: now, cleared_reason: why })
    .where('account_id', 'in', inList(accountIds))
    .where('cleared_at', 'is', null);
}

/** Unseals a stored temporary password; null if its bytes are cleared. @throws Problem as `Keyring.open` */
export function unseal(keyring: Keyring, row: SealedRow): Secret | null {
  if (row.sealed === null || row.key_id === null) return null;
  return keyring.open({ keyId: row.key_id, bytes: row.sealed }, row.account_id);
}
