import { sql } from 'kysely';
import { Problem } from '../../lib/problem.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type AuditEntry } from '../access/audit.js';
import { inList } from '../db/bulk.js';
import { insertMany, type Database, type DatabaseTransaction } from '../db/database.js';

/**
 * Permissions of staff on an account. A link is made from an email address alone, so it gives no power over the login.
 * The login belongs to the practice that issued the temporary password, as long as a record of that practice is linked
 * to the account.
 *
 * - The issuing practice sees the temporary password and everything else about the account, and may replace the
 *   password.
 * - When none of its records is linked any more, nobody sees the password it issued. The practice with the oldest
 *   remaining link may issue a new one, and becomes the issuing practice.
 * - Every other linked practice may only have the login, or a reset link, sent to the account's address. It sees that
 *   the person uses the Pet App, and nothing else beyond its own PIMS.
 *
 * Staff of several practices have the permissions of each of them.
 */
export interface AccountAccess {
  /** See the temporary password, logins, failed attempts and the data that the pet parent confirmed. */
  canSee: boolean;
  /** Issue a new temporary password. */
  canReplace: boolean;
}

/** Returns the permissions of staff of these practices on an account. */
export async function accountAccess(
  db: Database | DatabaseTransaction,
  allowed: AllowedPractices,
  accountId: string,
): Promise<AccountAccess> {
  const [first] = await linkedPractices(db, accountId);
  const isTheirs = first !== undefined && allowed.has(first.practiceId);
  return { canSee: isTheirs && first.issuedLogin, canReplace: isTheirs };
}

/**
 * Lists the practices with a record linked to an account: the one that issued the login first, then by age of the link.
 */
export async function linkedPractices(
  db: Database | DatabaseTransaction,
  accountId: string,
): Promise<{ practiceId: string; issuedLogin: boolean }[]> {
  const { rows } = await sql<{ practice_id: string; issued: number }>`
    SELECT l.practice_id, COALESCE(MAX(l.practice_id = t.issuing_practice_id), 0) AS issued
    FROM account_links l LEFT JOIN temporary_credentials t ON t.account_id = l.account_id
    WHERE l.account_id = ${accountId} GROUP BY l.practice_id
    ORDER BY issued DESC, MIN(l.linked_at), l.practice_id`.execute(db);
  return rows.map((row) => ({ practiceId: row.practice_id, issuedLogin: Number(row.issued) === 1 }));
}

/**
 * Builds `canSee` as a condition, for queries over many accounts.
 *
 * @param account its id in the query
 * @param issuer `issuing_practice_id` of its temporary credential in the query
 */
export function canSeeAccount(allowed: AllowedPractices, account: string, issuer: string) {
  return sql<boolean>`COALESCE(${sql.ref(issuer)} IN ${inList(allowed.idsForQuery)} AND EXISTS (SELECT 1
    FROM account_links issuer WHERE issuer.account_id = ${sql.ref(account)}
      AND issuer.practice_id = ${sql.ref(issuer)}), FALSE)`;
}

type AccountAct = AuditEntry & { practiceId: string };

/**
 * Records an action of a practice's staff on an account, for that practice and for every other practice with a linked
 * record. Call it in the transaction of the action.
 */
export async function recordOnAccount(
  trx: DatabaseTransaction,
  act: AccountAct & { accountId: string },
  now: Date,
): Promise<void> {
  await record(trx, act, now);
  await recordElsewhere(trx, act, [act.accountId], now);
}

/**
 * Records an action for the other practices with a record linked to these accounts. They see the name of the practice
 * and the action; the staff member and their network address stay with the practice. Actions of a pet parent belong to
 * no practice.
 */
export async function recordElsewhere(
  trx: DatabaseTransaction,
  { actor, action, practiceId, details }: AccountAct,
  accountIds: readonly string[],
  now: Date,
): Promise<void> {
  if (accountIds.length === 0 || actor.kind === 'pet-parent') return;
  const { rows } = await sql<{ practice_id: string; account_id: string; actor_name: string }>`
    SELECT DISTINCT l.practice_id, l.account_id, here.name AS actor_name
    FROM account_links l JOIN practices here ON here.id = ${practiceId}
    WHERE l.account_id IN ${inList(accountIds)} AND l.practice_id <> ${practiceId}`.execute(trx);
  const act = details?.['act'];
  await insertMany(
    trx,
    'audit',
    rows.map((row) => ({
      ...row,
      at: now,
      actor_kind: actor.kind,
      actor_id: null,
      action,
      details: act === undefined ? null : JSON.stringify({ act }),
    })),
  );
}

/** Records an action that `accountAccess` refuses, so that the practice that issued the login learns of it. */
export async function recordRefused(
  trx: DatabaseTransaction,
  { action: act, ...about }: AccountAct & { accountId: string },
  now: Date,
): Promise<void> {
  const details = { ...about.details, act };
  await recordOnAccount(trx, { ...about, action: 'account-act-refused', details }, now);
}

/** Returns the error for staff of a practice that did not issue the login. */
export function issuedElsewhere(): Problem {
  return new Problem({
    code: 'issued-elsewhere',
    message: 'Another practice issued this login.',
  });
}
