import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/ids.js';
import { Secret } from '../../lib/secret.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { SessionTable } from '../db/tables.js';

export type SessionKind = SessionTable['kind'];
export type SessionPurpose = SessionTable['purpose'];

/** Lifetime of a session in seconds: idle, and in total. */
export interface SessionLife {
  idleSeconds: number;
  absoluteSeconds: number;
}

export interface Session {
  kind: SessionKind;
  subjectId: string;
  purpose: SessionPurpose;
  createdAt: Date;
  expiresAt: Date;
}

export interface OpenedSession {
  token: Secret;
  expiresAt: Date;
}

/** Records a use only if the last recorded one is older than this: a page with ten images is one use. */
const touchEverySeconds = 60;

/** Opens a session. Returns the token once; the database stores only its SHA-256. */
export async function openSession(
  db: Database | DatabaseTransaction,
  session: { kind: SessionKind; subjectId: string; purpose: SessionPurpose },
  life: SessionLife,
  now: Date,
): Promise<OpenedSession> {
  const token = new Secret(randomBytes(32).toString('base64url'));
  const expiresAt = new Date(now.getTime() + life.absoluteSeconds * 1000);
  await db
    .insertInto('sessions')
    .values({
      token_hash: hashToken(token),
      kind: session.kind,
      subject_id: session.subjectId,
      purpose: session.purpose,
      created_at: now,
      seen_at: now,
      expires_at: expiresAt,
    })
    .execute();
  return { token, expiresAt };
}

/** Returns the active session of a token; null if it is unknown, ended, idle for too long, or too old. */
export async function findSession(
  db: Database,
  token: Secret,
  kind: SessionKind,
  life: (purpose: SessionPurpose) => SessionLife,
  clock: Clock,
): Promise<Session | null> {
  const hash = hashToken(token);
  const now = clock();
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('token_hash', '=', hash)
    .where('kind', '=', kind)
    .executeTakeFirst();
  if (!row) return null;
  const idleUntil = row.seen_at.getTime() + life(row.purpose).idleSeconds * 1000;
  if (row.expires_at <= now || idleUntil <= now.getTime()) return null;
  if (now.getTime() - row.seen_at.getTime() > touchEverySeconds * 1000) {
    await db.updateTable('sessions').set({ seen_at: now }).where('token_hash', '=', hash).execute();
  }
  const { subject_id: subjectId, purpose, created_at: createdAt, expires_at: expiresAt } = row;
  return { kind, subjectId, purpose, createdAt, expiresAt };
}

/** Ends one session. */
export async function endSession(db: Database | DatabaseTransaction, token: Secret): Promise<void> {
  await db.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).execute();
}

/** Ends every session of a person: after a new password, or when a staff member loses access. */
export async function endSessionsOf(
  db: Database | DatabaseTransaction,
  kind: SessionKind,
  subjectId: string,
): Promise<void> {
  await db.deleteFrom('sessions').where('kind', '=', kind).where('subject_id', '=', subjectId).execute();
}

/** Deletes expired sessions; called by the sweep. Returns the number deleted. */
export async function pruneSessions(db: Database, now: Date): Promise<number> {
  const result = await db.deleteFrom('sessions').where('expires_at', '<=', now).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Hashes a token of 256 random bits for storage. */
export function hashToken(token: Secret): Buffer {
  return createHash('sha256').update(token.open()).digest();
}
