import { hash } from 'node:crypto';
import type { NewId } from '../domain/ids.js';
import type { PlannedDecision, SettlePlan } from '../domain/settle-plan.js';
import { insertMany, type DatabaseTransaction } from './database.js';

/** Seals a new temporary password for each account; whatever it had before is dead. */
export type IssuePasswords = (
  trx: DatabaseTransaction,
  practiceId: string,
  accountIds: readonly string[],
) => Promise<void>;

export interface Performing {
  practiceId: string;
  newId: NewId;
  issuePasswords: IssuePasswords;
  now: Date;
}

/** Writes a settle plan, whole or not at all: call it inside a transaction. The order is the plan's own. */
export async function performPlan(trx: DatabaseTransaction, plan: SettlePlan, by: Performing): Promise<void> {
  const { practiceId, now } = by;
  await insertMany(
    trx,
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
    await trx
      .updateTable('accounts')
      .set({ email: move.email, email_key: move.emailKey })
      .where('id', '=', move.accountId)
      .where('first_login_at', 'is', null)
      .execute();
  }
  for (const unlink of plan.unlinks) {
    await trx
      .deleteFrom('account_links')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', unlink.pimsId)
      .where('account_id', '=', unlink.accountId)
      .execute();
  }
  await insertMany(
    trx,
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
  if (plan.freshPasswords.length > 0) await by.issuePasswords(trx, practiceId, plan.freshPasswords);
  await performWelcomes(trx, plan, now);
  await performWorkItems(trx, plan, by);
  await recheck(trx, plan);
  await performDecisions(trx, practiceId, plan.decisions, now);
}

async function performWelcomes(trx: DatabaseTransaction, plan: SettlePlan, now: Date): Promise<void> {
  if (plan.superseded.length > 0) {
    // Its place is free for the mail to the new address, whatever became of the old one.
    await trx
      .updateTable('welcomes')
      .set({ superseded: 1, open_key: null })
      .where('id', 'in', plan.superseded)
      .execute();
  }
  if (plan.withdrawn.length > 0) {
    await trx
      .updateTable('welcomes')
      .set({ state: 'withdrawn', reason: 'no-longer-right', open_key: null, changed_at: now })
      .where('id', 'in', plan.withdrawn)
      .where('state', '=', 'owed')
      .execute();
    // A worker claimed it a moment ago and it may be on its way: it makes room for the one that is right.
    await trx
      .updateTable('welcomes')
      .set({ superseded: 1, open_key: null })
      .where('id', 'in', plan.withdrawn)
      .where('state', '!=', 'withdrawn')
      .execute();
  }
  await insertMany(
    trx,
    'welcomes',
    plan.welcomes.map((welcome) => ({
      id: welcome.id,
      practice_id: welcome.practiceId,
      account_id: welcome.accountId,
      client_pims_id: welcome.pimsId,
      kind: welcome.kind,
      state: 'owed' as const,
      reason: null,
      detail: null,
      asked_by: null,
      due_at: now,
      queued_at: null,
      created_at: now,
      changed_at: now,
      open_key: `${welcome.kind}.${welcome.accountId}.${welcome.practiceId}`,
    })),
    'ON DUPLICATE KEY UPDATE id = welcomes.id',
  );
}

async function performWorkItems(trx: DatabaseTransaction, plan: SettlePlan, by: Performing): Promise<void> {
  await insertMany(
    trx,
    'work_items',
    plan.workItems.map((item) => ({
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
      open_key: workKey(by.practiceId, item.kind, item.pimsId),
    })),
    'ON DUPLICATE KEY UPDATE sentence = VALUES(sentence), details = VALUES(details)',
  );
  for (const item of plan.closedWorkItems) {
    await trx
      .updateTable('work_items')
      .set({ closed_at: by.now, closed_by: 'no longer true', open_key: null })
      .where('open_key', '=', workKey(by.practiceId, item.kind, item.pimsId))
      .execute();
  }
}

/** One open work item of a kind for each client. */
export function workKey(practiceId: string, kind: string, pimsId: string): string {
  return hash('sha256', `${practiceId}\0${kind}\0${pimsId}`, 'hex').slice(0, 64);
}

async function recheck(trx: DatabaseTransaction, plan: SettlePlan): Promise<void> {
  for (const { practiceId, pimsId } of plan.recheck) {
    await trx
      .updateTable('pims_clients')
      .set({ undecided: 1 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', '=', pimsId)
      .execute();
  }
}

/**
 * Most clients of a batch share one of a few decisions word for word, so they are written a decision at a time, not a
 * client at a time.
 */
export async function performDecisions(
  trx: DatabaseTransaction,
  practiceId: string,
  decisions: readonly PlannedDecision[],
  now: Date,
): Promise<void> {
  const same = new Map<string, PlannedDecision[]>();
  for (const one of decisions) {
    const key = JSON.stringify([one.decision, one.changed]);
    const group = same.get(key);
    if (group) group.push(one);
    else same.set(key, [one]);
  }
  for (const group of same.values()) {
    const { decision, changed } = group[0] as PlannedDecision;
    await trx
      .updateTable('pims_clients')
      .set({
        undecided: 0,
        verdict: decision.verdict,
        reason: decision.reason,
        sentence: decision.sentence.slice(0, 500),
        decide_on: decision.decideAgainOn,
        ...(changed ? { decided_at: now } : {}),
      })
      .where('practice_id', '=', practiceId)
      .where(
        'pims_id',
        'in',
        group.map(({ pimsId }) => pimsId),
      ) // prettier-ignore
      .execute();
  }
}
