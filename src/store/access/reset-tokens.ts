import { randomBytes } from 'node:crypto';
import { Secret } from '../../lib/secret.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { hashToken } from './sessions.js';
import type { ResetTokenTable } from '../db/tables.js';

export type TokenKind = ResetTokenTable['kind'];

/** 256 random bits, safe in a URL. Only its hash is ever stored. */
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

/** Makes tokens valid. Earlier ones of the same person stay valid too: people press the link of the first mail. */
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

/** Who a token belongs to; null when it is unknown, used or has run out. Changes nothing. */
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
 * Uses a token up, and with it every other one of the person: call it in the transaction that sets the password.
 *
 * @returns who it belonged to; null when it was used already, has run out, or never was
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

/** No link sent to this person so far works any more. */
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
