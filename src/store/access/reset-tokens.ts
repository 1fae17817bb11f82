import { randomBytes } from 'node:crypto';
import { Secret } from '../../lib/secret.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { hashToken } from './sessions.js';
import type { ResetTokenTable } from '../db/tables.js';

export type TokenKind = ResetTokenTable['kind'];

/** Creates 256 random bits, safe in a URL. The database stores only the hash. */
export function newResetToken(): Secret {
  return new Secret(randomBytes(32).toString('base64url'));
}

export interface TokenToKeep {
  kind: TokenKind;
  /** An account's or a staff member's id. */
  subjectId: string;
  token: Secret;
  expiresAt: Date;
}

/**
 * Makes tokens valid. Earlier tokens of the same person stay valid too, because people often press the link in the
 * first email.
 */
export async function saveResetTokens(
  trx: Database | DatabaseTransaction,
  tokens: readonly TokenToKeep[],
  now: Date,
): Promise<void> {
  await insertMany(
    trx,
    'reset_tokens',
    tokens.map(({ kind, subjectId, token, expiresAt }) => ({
      token_hash: hashToken(token),
      kind,
      subject_id: subjectId,
      created_at: now,
      expires_at: expiresAt,
      used_at: null,
    })),
  );
}

/** Returns the id of the token's owner; null if it is unknown, used or expired. Changes nothing. */
export async function findResetToken(
  db: Database | DatabaseTransaction,
  kind: TokenKind,
  token: Secret,
  now: Date,
): Promise<string | null> {
  const row = await db
    .selectFrom('reset_tokens')
    .select('subject_id')
    .where('token_hash', '=', hashToken(token))
    .where('kind', '=', kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row?.subject_id ?? null;
}

/**
 * Uses a token and invalidates every other token of the person. Call it in the transaction that sets the password.
 *
 * @returns the id of its owner; null if it is unknown, used or expired
 */
export async function useResetToken(
  trx: DatabaseTransaction,
  kind: TokenKind,
  token: Secret,
  now: Date,
): Promise<string | null> {
  const { numUpdatedRows } = await trx
    .updateTable('reset_tokens')
    .set({ used_at: now })
    .where('token_hash', '=', hashToken(token))
    .where('kind', '=', kind)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return null;
  const { subject_id: subjectId } = await trx
    .selectFrom('reset_tokens')
    .select('subject_id')
    .where('token_hash', '=', hashToken(token))
    .executeTakeFirstOrThrow();
  await clearResetTokens(trx, kind, subjectId, now);
  return subjectId;
}

/** Invalidates every link sent to this person so far. */
export async function clearResetTokens(
  trx: Database | DatabaseTransaction,
  kind: TokenKind,
  subjectId: string,
  now: Date,
): Promise<void> {
  await trx
    .updateTable('reset_tokens')
    .set({ used_at: now })
    .where('kind', '=', kind)
    .where('subject_id', '=', subjectId)
    .where('used_at', 'is', null)
    .execute();
}
