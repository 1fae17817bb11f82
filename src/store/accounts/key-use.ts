import { sql } from 'kysely';
import type { Database } from '../db/database.js';

/** Counts of the data sealed or digested with one key. */
export interface KeyUse {
  keyId: string;
  passwords: number;
  /** Digests that let an interrupted first login continue; they expire with the grace period. */
  graces: number;
  /** Keys that are themselves sealed. */
  keys: number;
}

/** Lists the keys in use by any data in the database. */
export async function keyUses(db: Database): Promise<KeyUse[]> {
  const { rows } = await sql<{ id: string; passwords: number; graces: number; keys_: number }>`
    SELECT id, SUM(passwords) AS passwords, SUM(graces) AS graces, SUM(keys_) AS keys_ FROM (
      SELECT key_id AS id, COUNT(*) AS passwords, 0 AS graces, 0 AS keys_ FROM temporary_credentials
        WHERE key_id IS NOT NULL GROUP BY key_id
      UNION ALL
      SELECT grace_key_id, 0, COUNT(*), 0 FROM temporary_credentials WHERE grace_key_id IS NOT NULL GROUP BY grace_key_id
      UNION ALL
      SELECT key_id, 0, 0, COUNT(*) FROM sealed_keys GROUP BY key_id
    ) used GROUP BY id ORDER BY id`.execute(db);
  return rows.map(({ id, passwords, graces, keys_ }) => ({
    keyId: id,
    passwords: Number(passwords),
    graces: Number(graces),
    keys: Number(keys_),
  }));
}
