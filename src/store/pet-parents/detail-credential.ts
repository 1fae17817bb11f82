import { visibility, type Visibility } from '../../domain/account/visibility.js';
import type { Database } from '../db/database.js';

/** A temporary password as the details page describes it; never the password itself. */
export interface DetailCredential {
  issuedAt: Date;
  expiresAt: Date;
  failedTries: number;
  usedAt: Date | null;
  clearedAt: Date | null;
  clearedReason: string | null;
  visibility: Visibility;
}

/** Loads the temporary password of an account without its sealed bytes; null if none was issued. */
export async function loadCredential(db: Database, accountId: string, now: Date): Promise<DetailCredential | null> {
  const row = await db
    .selectFrom('temporary_credentials as t')
    .innerJoin('accounts as a', 'a.id', 't.account_id')
    .select(['t.issued_at as issuedAt', 't.expires_at as expiresAt', 't.failed_tries as failedTries'])
    .select(['t.used_at as usedAt', 't.cleared_at as clearedAt', 't.cleared_reason as clearedReason'])
    .select(['a.first_login_at as firstLoginAt', 'a.password_hash as passwordHash'])
    .where('t.account_id', '=', accountId)
    .executeTakeFirst();
  if (!row) return null;
  const { firstLoginAt, passwordHash, ...credential } = row;
  return { ...credential, visibility: visibility({ firstLoginAt, passwordHash, credential }, now) };
}
