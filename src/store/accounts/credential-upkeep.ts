import type { Clock } from '../../lib/ids.js';
import { isProblem } from '../../lib/problem.js';
import type { Keyring, Sealed } from '../../lib/sealing.js';
import { inTransaction, type Database } from '../db/database.js';

export interface CredentialUpkeep {
  /** Finds accounts that have logged in but still have sealed bytes; the number must fall to zero. */
  aliveAfterFirstLogin(limit?: number): Promise<string[]>;
  /** Deletes the digests of expired grace periods. @returns the number deleted */
  endPastGraces(): Promise<number>;
  /**
   * Clears credentials that expired before `before`, so that no sealed bytes are kept for years. @returns the number
   * cleared
   */
  clearLongExpired(before: Date, limit?: number): Promise<number>;
  /**
   * Reseals a batch of passwords with the current key, and the key that recognises erased people. Rows sealed with a
   * key that this process does not have, and rows that were altered, stay unchanged.
   *
   * @returns the number resealed; call again until it is 0
   */
  resealSome(limit?: number): Promise<number>;
}

/** Creates the maintenance of all temporary passwords, for the sweep and for a change of keys. */
export function createCredentialUpkeep(deps: { db: Database; keyring: Keyring; clock: Clock }): CredentialUpkeep {
  const { db, keyring, clock } = deps;
  return {
    async aliveAfterFirstLogin(limit = 1000) {
      const used = await db
        .selectFrom('temporary_credentials')
        .select('account_id')
        .where('used_at', 'is not', null)
        .where('cleared_at', 'is', null)
        .limit(limit)
        .execute();
      const loggedIn = await db
        .selectFrom('temporary_credentials as c')
        .innerJoin('accounts as a', 'a.id', 'c.account_id')
        .select('c.account_id')
        .where('c.key_id', 'is not', null)
        .where('a.first_login_at', 'is not', null)
        .limit(limit)
        .execute();
      return [...new Set([...used, ...loggedIn].map((row) => row.account_id))];
    },

    async endPastGraces() {
      const { numUpdatedRows } = await db
        .updateTable('temporary_credentials')
        .set({ grace_digest: null, grace_key_id: null, grace_until: null })
        .where('grace_until', '<=', clock())
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },

    async clearLongExpired(before, limit = 1000) {
      const { numUpdatedRows } = await db
        .updateTable('temporary_credentials')
        .set({ sealed: null, key_id: null, cleared_at: clock(), cleared_reason: 'expired' })
        .where('cleared_at', 'is', null)
        .where('expires_at', '<', before)
        .limit(limit)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },

    async resealSome(limit = 500) {
      const formerIds = keyring.keyIds.filter((id) => id !== keyring.currentKeyId);
      if (formerIds.length === 0) return 0;
      return inTransaction(db, async (trx) => {
        let count = 0;
        const keys = await trx
          .selectFrom('sealed_keys')
          .selectAll()
          .where('key_id', 'in', formerIds)
          .forUpdate()
          .execute();
        for (const { name, key_id, sealed } of keys) {
          const anew = sealedAnew(keyring, { keyId: key_id, bytes: sealed }, name);
          if (!anew) continue;
          await trx
            .updateTable('sealed_keys')
            .set({ key_id: anew.keyId, sealed: anew.bytes })
            .where('name', '=', name)
            .execute();
          count++;
        }
        const rows = await trx
          .selectFrom('temporary_credentials')
          .select(['account_id', 'key_id', 'sealed'])
          .where('key_id', 'in', formerIds)
          .limit(limit)
          .forUpdate()
          .execute();
        for (const { account_id, key_id, sealed } of rows) {
          if (key_id === null || sealed === null) continue;
          const anew = sealedAnew(keyring, { keyId: key_id, bytes: sealed }, account_id);
          if (!anew) continue;
          await trx
            .updateTable('temporary_credentials')
            .set({ key_id: anew.keyId, sealed: anew.bytes })
            .where('account_id', '=', account_id)
            .execute();
          count++;
        }
        return count;
      });
    },
  };
}

/** Returns null if it cannot be unsealed; `pims-sync keys list` continues to list its key as needed. */
function sealedAnew(keyring: Keyring, sealed: Sealed, owner: string): Sealed | null {
  try {
    return keyring.seal(keyring.open(sealed, owner), owner);
  } catch (error) {
    if (isProblem(error, 'credential-unreadable')) return null;
    throw error;
  }
}

/** Reseals batch after batch for at most `ms` milliseconds. @returns the number resealed */
export async function resealFor(upkeep: Pick<CredentialUpkeep, 'resealSome'>, ms: number): Promise<number> {
  const until = Date.now() + ms;
  let count = 0;
  for (let some = 1; some > 0 && Date.now() < until; count += some) some = await upkeep.resealSome();
  return count;
}
