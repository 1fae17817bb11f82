import { hash } from 'node:crypto';
import { grouped } from '../../lib/group-by.js';
import type { NewId } from '../../lib/ids.js';
import type { EvaluationPlan, CanceledMessage } from '../../domain/decision/evaluation-plan.js';
import { Problem } from '../../lib/problem.js';
import { inList, insertStatements, executeSequentially, type StatementOrYield } from '../db/bulk.js';
import { clearing, passingOn, replacesFormer, type IssuedRow } from '../accounts/credentials.js';
import type { DatabaseTransaction } from '../db/database.js';
import { openKey } from '../messages/urgent-messages.js';
import { markingClient } from '../clients/needs-evaluation.js';
import { decisionStatements } from './write-decisions.js';

/** Seals a new temporary password for each account. Once written, it replaces any former password. */
export type IssuePasswords = (practiceId: string, accountIds: readonly string[]) => readonly IssuedRow[];

export interface Performing {
  practiceId: string;
  newId: NewId;
  issuePasswords: IssuePasswords;
  now: Date;
}

/**
 * Writes an evaluation plan in the plan's order, completely or not at all: call it inside a transaction.
 *
 * @throws Problem `logged-in-meanwhile` if a person whose address or password the plan changes has logged in since
 * their facts were read: read and decide again
 */
export async function performPlan(trx: DatabaseTransaction, plan: EvaluationPlan, by: Performing): Promise<void> {
  await lockUnused(trx, plan);
  await executeSequentially(trx, planStatements(trx, plan, by));
}

/**
 * Locks the accounts for which the plan presumes no login, so that nobody logs in to them until the transaction ends.
 */
async function lockUnused(trx: DatabaseTransaction, plan: EvaluationPlan): Promise<void> {
  const ids = plan.presumedUnused;
  if (ids.length === 0) return;
  const rows = await trx
    .selectFrom('accounts')
    .select('first_login_at')
    .where('id', 'in', inList(ids))
    .orderBy('id')
    .forUpdate()
    .execute();
  if (rows.length === ids.length && rows.every((row) => row.first_login_at === null)) return;
  throw new Problem({
    code: 'logged-in-meanwhile',
    message: 'A pet parent logged in while their record was being evaluated.',
  });
}

function* planStatements(trx: DatabaseTransaction, plan: EvaluationPlan, by: Performing): Generator<StatementOrYield> {
  const { practiceId, now } = by;
  yield* insertStatements(
    'accounts',
    plan.newAccounts.map((account) => ({
      id: account.id,
      email: account.email,
      email_key: account.emailKey,
      first_name: account.firstName?.slice(0, 200) ?? null,
      last_name: account.lastName?.slice(0, 200) ?? null,
      phone: account.phone,
      password_hash: null,
      first_login_at: null,
      confirmed_at: null,
      last_login_at: null,
      closed_at: null,
      created_at: now,
    })),
  );
  for (const move of plan.emailMoves) {
    yield trx
      .updateTable('accounts')
      .set({ email: move.email, email_key: move.emailKey })
      .where('id', '=', move.accountId)
      .where('first_login_at', 'is', null)
      .compile();
  }
  for (const unlink of plan.unlinks) {
    yield trx
      .deleteFrom('account_links')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', unlink.pimsId)
      .where('account_id', '=', unlink.accountId)
      .compile();
  }
  yield* insertStatements(
    'account_links',
    plan.links.map((link) => ({
      practice_id: practiceId,
      client_pims_id: link.pimsId,
      account_id: link.accountId,
      reason: link.reason,
      sentence: link.sentence.slice(0, 500),
      made_by: 'rule' as const,
      linked_at: now,
    })),
    `ON DUPLICATE KEY UPDATE account_id = VALUES(account_id), reason = VALUES(reason),
       sentence = VALUES(sentence), made_by = VALUES(made_by), linked_at = VALUES(linked_at)`,
  );
  if (plan.newPasswords.length > 0) {
    const made = new Set(plan.newAccounts.map(({ id }) => id));
    const replaced = plan.newPasswords.filter((id) => !made.has(id));
    if (replaced.length > 0) yield passingOn(practiceId, replaced).compile(trx);
    const issued = by.issuePasswords(practiceId, plan.newPasswords);
    yield* insertStatements('temporary_credentials', issued, replacesFormer);
  }
  if (plan.left.length > 0) yield clearing(trx, plan.left, 'left', now).compile();
  yield* messageStatements(trx, plan, now);
  yield* taskStatements(trx, plan, by);
  for (const { practiceId: where, pimsId } of plan.recheck) {
    yield markingClient(trx, where, pimsId).compile();
  }
  yield* decisionStatements(trx, practiceId, plan.decisions, now);
}

function* messageStatements(trx: DatabaseTransaction, plan: EvaluationPlan, now: Date): Generator<StatementOrYield> {
  if (plan.superseded.length > 0) {
    // Frees the key for the email to the new address, whatever the status of the old email.
    yield trx
      .updateTable('messages')
      .set({ superseded: 1, open_key: null })
      .where('id', 'in', plan.superseded)
      .compile();
  }
  const alike = grouped(
    plan.canceled,
    ({ reason, sentence }) => `${reason} ${sentence}`,
    (one) => one,
  );
  for (const messages of alike.values()) {
    const { reason, sentence } = messages[0] as CanceledMessage;
    yield trx
      .updateTable('messages')
      .set({ state: 'canceled', reason, detail: sentence.slice(0, 500), open_key: null, changed_at: now })
      .where('id', 'in', idsOf(messages))
      .where('state', '=', 'queued')
      .compile();
  }
  if (plan.canceled.length > 0) {
    // A worker claimed it a moment ago and may be sending it; it makes way for the correct email.
    yield trx
      .updateTable('messages')
      .set({ superseded: 1, open_key: null })
      .where('id', 'in', idsOf(plan.canceled))
      .where('state', '!=', 'canceled')
      .compile();
  }
  yield* insertStatements(
    'messages',
    plan.messages.map((message) => ({
      id: message.id,
      practice_id: message.practiceId,
      account_id: message.accountId,
      client_pims_id: message.pimsId,
      kind: message.kind,
      state: 'queued' as const,
      reason: null,
      detail: null,
      requested_by: null,
      due_at: now,
      enqueued_at: null,
      created_at: now,
      changed_at: now,
      open_key: openKey(message.kind, message.accountId, message.practiceId),
    })),
    'ON DUPLICATE KEY UPDATE id = messages.id',
  );
}

const idsOf = (messages: readonly CanceledMessage[]) => messages.map(({ id }) => id);

function* taskStatements(trx: DatabaseTransaction, plan: EvaluationPlan, by: Performing): Generator<StatementOrYield> {
  yield* insertStatements(
    'tasks',
    plan.tasks.map((item) => ({
      id: by.newId(),
      practice_id: by.practiceId,
      kind: item.kind,
      client_pims_id: item.pimsId,
      account_id: null,
      sentence: item.sentence.slice(0, 500),
      details: JSON.stringify(item.details),
      opened_at: by.now,
      closed_at: null,
      closed_by: null,
      open_key: taskOpenKey(by.practiceId, item.kind, item.pimsId),
    })),
    'ON DUPLICATE KEY UPDATE sentence = VALUES(sentence), details = VALUES(details)',
  );
  for (const item of plan.closedTasks) {
    yield trx
      .updateTable('tasks')
      .set({ closed_at: by.now, closed_by: 'no longer true', open_key: null })
      .where('open_key', '=', taskOpenKey(by.practiceId, item.kind, item.pimsId))
      .compile();
  }
}

/** Returns the key that allows one open task of a kind for each client. */
export function taskOpenKey(practiceId: string, kind: string, pimsId: string): string {
  return hash('sha256', `${practiceId}\0${kind}\0${pimsId}`, 'hex').slice(0, 64);
}
