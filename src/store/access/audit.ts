import type { NewId } from '../../lib/ids.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { AllowedPractices } from './allowed-practices.js';
import { camelCased } from '../db/camel-case.js';
import type { AuditTable, Row } from '../db/tables.js';

/** The audited actions. Kebab-case; `src/web/ui/audit-words.ts` translates them for people. */
export type AuditAction =
  | 'temporary-password-viewed'
  | 'login-viewed'
  | 'handout-printed'
  | 'temporary-password-reissued'
  | 'account-act-refused'
  | 'message-resent'
  | 'messages-resent'
  | 'invites-approved'
  | 'email-paused'
  | 'email-resumed'
  | 'messages-recalled'
  | 'uncertain-resolved'
  | 'address-released'
  | 'list-exported'
  | 'resync-requested'
  | 'invited-anyway'
  | 'rule-active-again'
  | 'identity-resolved'
  | 'drift-released'
  | 'undone-confirmed'
  | 'link-taken-off'
  | 'link-put-back'
  | 'first-login'
  | 'first-login-finished'
  | 'temporary-password-cleared'
  | 'temporary-password-expired-used'
  | 'password-reset-requested'
  | 'password-reset'
  | 'staff-signed-in'
  | 'staff-created'
  | 'staff-invited'
  | 'staff-changed'
  | 'staff-password-set'
  | 'staff-password-requested'
  | 'branding-saved'
  | 'branding-restored'
  | 'task-closed'
  | 'audit-pruned'
  | 'person-exported'
  | 'person-erased'
  | 'person-readmitted'
  | 'token-created'
  | 'token-revoked';

export interface Actor {
  kind: AuditTable['actor_kind'];
  id: string | null;
  /** The name at the time of the action, as the history shows it. */
  name: string | null;
}

/** Who acts, when, and how the action makes the ids of new rows. */
export interface Act {
  actor: Actor;
  now: Date;
  newId: NewId;
}

export interface AuditEntry {
  actor: Actor;
  action: AuditAction;
  practiceId?: string | null;
  accountId?: string | null;
  /** Place, reason, counts. Never a secret. */
  details?: Record<string, string | number | boolean | null>;
}

export interface AuditRecord {
  id: number;
  at: Date;
  actorKind: Actor['kind'];
  actorId: string | null;
  actorName: string | null;
  action: AuditAction;
  practiceId: string | null;
  accountId: string | null;
  details: Record<string, string | number | boolean | null>;
}

/** Writes one line of the audit trail. Call it in the transaction of the action, so that neither is stored alone. */
export async function record(db: Database | DatabaseTransaction, entry: AuditEntry, now: Date): Promise<void> {
  await db
    .insertInto('audit')
    .values({
      at: now,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      actor_name: entry.actor.name?.slice(0, 200) ?? null,
      action: entry.action,
      practice_id: entry.practiceId ?? null,
      account_id: entry.accountId ?? null,
      details: entry.details ? JSON.stringify(entry.details) : null,
    })
    .execute();
}

/**
 * Deletes lines older than a time, in batches. The application's own user may lack the privilege, because the
 * administrator decides how long the trail is kept.
 *
 * @returns the number of lines deleted
 */
export async function pruneAudit(db: Database, before: Date): Promise<number> {
  for (let count = 0; ;) {
    const { numDeletedRows } = await db
      .deleteFrom('audit')
      .where('at', '<', before)
      .orderBy('id')
      .limit(5000)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return count;
    count += Number(numDeletedRows);
  }
}

/**
 * Returns the history of one account, newest first: actions of staff of the allowed practices and of the pet parent.
 *
 * @param canSee whether staff may see the pet parent's actions, from `accountAccess`
 */
export async function auditOfAccount(
  db: Database,
  accountId: string,
  allowed: AllowedPractices,
  canSee: boolean,
): Promise<AuditRecord[]> {
  const rows = await db
    .selectFrom('audit')
    .selectAll()
    .where('account_id', '=', accountId)
    .where((eb) =>
      eb.or([eb('practice_id', 'in', allowed.idsForQuery), ...(canSee ? [eb('practice_id', 'is', null)] : [])]),
    )
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute();
  return rows.map(asRecord);
}

export interface AuditFilter {
  practiceId: string;
  actions?: readonly AuditAction[];
  /** The page continues below this id. */
  before?: number;
}

/** Returns the audit trail of one practice, newest first. */
export async function auditOfPractice(
  db: Database,
  allowed: AllowedPractices,
  filter: AuditFilter,
  limit = 50,
): Promise<AuditRecord[]> {
  let query = db.selectFrom('audit').selectAll().where('practice_id', '=', allowed.require(filter.practiceId));
  if (filter.actions?.length) query = query.where('action', 'in', [...filter.actions]);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
  return rows.map(asRecord);
}

function asRecord(row: Row<'audit'>): AuditRecord {
  const details = row.details ? (JSON.parse(row.details) as AuditRecord['details']) : {};
  return { ...camelCased(row), action: row.action as AuditAction, details };
}
