import { sql } from 'kysely';
import type { Database } from '../db/database.js';

/** Counts the sealed temporary passwords before the first login, and those not yet cleared after it. */
export async function countSealed(db: Database): Promise<{ beforeFirstLogin: number; afterFirstLogin: number }> {
  const { rows } = await sql<{ all: number; past: number }>`
    SELECT COUNT(*) AS \`all\`, COALESCE(SUM(a.first_login_at IS NOT NULL), 0) AS past
    FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id WHERE c.key_id IS NOT NULL`.execute(db);
  const [all, past] = [Number(rows[0]?.all ?? 0), Number(rows[0]?.past ?? 0)];
  return { beforeFirstLogin: all - past, afterFirstLogin: past };
}

/** Returns an account's practices and whether its temporary password must be cleared; null without a credential. */
export async function clearingState(
  db: Database,
  accountId: string,
): Promise<{ practiceIds: string[]; mustClear: boolean | null }> {
  const row = await db
    .selectFrom('accounts as a')
    .innerJoin('temporary_credentials as c', 'c.account_id', 'a.id')
    .select(['c.cleared_at', 'c.used_at', 'a.first_login_at'])
    .where('a.id', '=', accountId)
    .executeTakeFirst();
  const links = await db
    .selectFrom('account_links')
    .select('practice_id')
    .distinct()
    .where('account_id', '=', accountId)
    .execute();
  return {
    practiceIds: links.map(({ practice_id }) => practice_id),
    mustClear: row ? row.cleared_at === null && (row.used_at !== null || row.first_login_at !== null) : null,
  };
}
