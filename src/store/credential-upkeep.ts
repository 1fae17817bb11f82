import type { Clock } from '../domain/ids.js';
import type { Keyring } from '../domain/sealing.js';
import { unseal } from './credentials.js';
import { inTransaction, type Database } from './database.js';

export type CredentialUpkeep = ReturnType<typeof createCredentialUpkeep>;

/** What the sweep and a change of keys do with the temporary passwords of all. */
export function createCredentialUpkeep(deps: { db: Database; keyring: Keyring; clock: Clock }) {
  const { db, keyring, clock } = deps;
  return {
    /** Accounts that logged in and whose sealed bytes are still there; must come to none. */
    async aliveAfterFirstLogin(limit = 1000): Promise<string[]> {
      const used = await db
        .selectFrom('temporary_credentials')
        .select('account_id')
        .where('used_at', 'is not', null)
        .where('destroyed_at', 'is', null)
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

    /** Wipes the marks whose grace is over. @returns how many */
    async endPastGraces(): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('temporary_credentials')
        .set({ grace_mark: null, grace_key_id: null, grace_until: null })
        .where('grace_until', '<=', clock())
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },

    /** Destroys those that ran out before `before`, so that no sealed bytes lie around for years. @returns how many */
    async destroyLongExpired(before: Date, limit = 1000): Promise<number> {
      const { numUpdatedRows } = await db
        .updateTable('temporary_credentials')
        .set({ sealed: null, key_id: null, destroyed_at: clock(), destroyed_why: 'expired' })
        .where('destroyed_at', 'is', null)
        .where('expires_at', '<', before)
        .limit(limit)
        .executeTakeFirst();
      return Number(numUpdatedRows);
    },

    /**
     * Seals a batch of passwords anew with the current key, and the key that recognises erased people.
     *
     * @returns how many; call again until it is none
     */
    async resealSome(limit = 500): Promise<number> {
      return inTransaction(db, async (trx) => {
        const keys = await trx
          .selectFrom('sealed_keys')
          .selectAll()
          .where('key_id', '!=', keyring.currentKeyId)
          .forUpdate()
          .execute();
        for (const { name, key_id, sealed } of keys) {
          const { keyId, bytes } = keyring.seal(keyring.open({ keyId: key_id, bytes: sealed }, name), name);
          await trx
            .updateTable('sealed_keys')
            .set({ key_id: keyId, sealed: bytes })
            .where('name', '=', name)
            .execute();
        }
        const rows = await trx
          .selectFrom('temporary_credentials')
          .select(['account_id', 'key_id', 'sealed'])
          .where('key_id', 'is not', null)
          .where('key_id', '!=', keyring.currentKeyId)
          .limit(limit)
          .forUpdate()
          .execute();
        for (const row of rows) {
          const password = unseal(keyring, row);
          if (!password) continue;
          const { keyId, bytes } = keyring.seal(password, row.account_id);
          await trx
            .updateTable('temporary_credentials')
            .set({ key_id: keyId, sealed: bytes })
            .where('account_id', '=', row.account_id)
            .execute();
        }
        return rows.length + keys.length;
      });
    },
  };
}

/** Seals batch after batch anew, for so long at most. @returns how many */
export async function resealFor(upkeep: Pick<CredentialUpkeep, 'resealSome'>, ms: number): Promise<number> {
  const until = Date.now() + ms;
  let count = 0;
  for (let some = 1; some > 0 && Date.now() < until; count += some) some = await upkeep.resealSome();
  return count;
}
