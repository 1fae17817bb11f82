import { randomBytes } from 'node:crypto';
import { Problem } from '../../lib/problem.js';
import { Secret } from '../../lib/secret.js';
import { allowPractices, type AllowedPractices } from './allowed-practices.js';
import { record, type Act } from './audit.js';
import { inTransaction, type Database } from '../db/database.js';
import { hashToken } from './sessions.js';
import { camelCased } from '../db/camel-case.js';
import type { Row } from '../db/tables.js';

/** Records a use only if the last recorded one is older than this. */
const touchEverySeconds = 60;

export interface ApiToken {
  id: string;
  practiceId: string;
  name: string;
  scopes: string[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
  lastUsedAt: Date | null;
}

/** Creates a token for one practice. Returns it once; the database stores only its SHA-256. */
export async function createApiToken(
  db: Database,
  token: { practiceId: string; name: string; scopes: readonly string[]; days: number },
  { actor, newId, now }: Act,
): Promise<Secret> {
  // The prefix lets scanners of repositories and logs recognise a leaked token.
  const text = new Secret(`pims_${randomBytes(32).toString('base64url')}`);
  const { practiceId, name, scopes } = token;
  await inTransaction(db, async (trx) => {
    await trx
      .insertInto('api_tokens')
      .values({
        id: newId(),
        token_hash: hashToken(text),
        practice_id: practiceId,
        name,
        scopes: scopes.join(' '),
        created_by: (actor.name ?? actor.kind).slice(0, 200),
        created_at: now,
        expires_at: new Date(now.getTime() + token.days * 86_400_000),
        last_used_at: null,
        revoked_at: null,
      })
      .execute();
    const details = { name, scopes: scopes.join(' ') };
    await record(trx, { actor, action: 'token-created', practiceId, details }, now);
  });
  return text;
}

/** Returns the active token of a request with the one practice it may see; null if unknown, revoked or expired. */
export async function findApiToken(
  db: Database,
  text: Secret,
  now: Date,
): Promise<{ token: ApiToken; allowed: AllowedPractices } | null> {
  const row = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('token_hash', '=', hashToken(text))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (!row) return null;
  if (!row.last_used_at || now.getTime() - row.last_used_at.getTime() > touchEverySeconds * 1000) {
    await db.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', row.id).execute();
  }
  return { token: asToken(row), allowed: allowPractices([row.practice_id]) };
}

/** Lists the active tokens of a practice, newest first. */
export async function listApiTokens(
  db: Database,
  allowed: AllowedPractices,
  practiceId: string,
  now: Date,
): Promise<ApiToken[]> {
  const rows = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('practice_id', '=', allowed.require(practiceId))
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(asToken);
}

/** Revokes a token. @throws Problem `not-found` */
export async function revokeApiToken(
  db: Database,
  allowed: AllowedPractices,
  tokenId: string,
  { actor, now }: Act,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('api_tokens')
      .select(['practice_id', 'name'])
      .where('id', '=', tokenId)
      .where('practice_id', 'in', allowed.idsForQuery)
      .where('revoked_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new Problem({ code: 'not-found', message: 'There is no such token in your practices.' });
    await trx.updateTable('api_tokens').set({ revoked_at: now }).where('id', '=', tokenId).execute();
    const about = { practiceId: row.practice_id, details: { name: row.name } };
    await record(trx, { actor, action: 'token-revoked', ...about }, now);
  });
}

function asToken(row: Row<'api_tokens'>): ApiToken {
  const { tokenHash: _hash, ...token } = camelCased(row);
  return { ...token, scopes: row.scopes.split(' ').filter(Boolean) };
}
