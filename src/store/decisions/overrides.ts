import { Problem } from '../../lib/problem.js';
import { reasons, type ReasonCode } from '../../domain/decision/reasons.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database } from '../db/database.js';
import { requireCanEvaluate } from '../sync-runs/practices.js';

/**
 * Overrides the rule that holds one client back ("invite anyway"), or makes the rule active again. The client is
 * evaluated again; other rules stay in force. The caller enqueues `evaluate-practice`.
 *
 * @param reason the reason that the page showed when staff decided
 * @throws Problem `changed-meanwhile` if that is no longer the reason, or staff may not override it; `sync-in-progress`
 */
export async function overrule(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string; pimsId: string; reason: string; anyway: boolean },
  actor: Actor,
  now: Date,
): Promise<void> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId, reason, anyway } = about;
  await requireCanEvaluate(db, practiceId);
  await inTransaction(db, async (trx) => {
    const row = await trx
      .selectFrom('pims_clients')
      .select(['allowed', 'reason'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', '=', pimsId)
      .forUpdate()
      .executeTakeFirst();
    const before = overruled(row?.allowed ?? null);
    const right = anyway ? row?.reason === reason && mayOverrule(reason) : before.includes(reason);
    if (!row || !right)
      throw new Problem({
        code: 'changed-meanwhile',
        message: 'The decision about this client has changed in the meantime.',
      });
    const after = anyway ? [...before, reason] : before.filter((one) => one !== reason);
    await trx
      .updateTable('pims_clients')
      .set({ allowed: after.join(' ') || null, needs_evaluation: 1 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', '=', pimsId)
      .execute();
    const details = { client: pimsId, reason };
    const action = anyway ? 'invited-anyway' : 'rule-active-again';
    await record(trx, { actor, action, practiceId, details }, now);
  });
}

/** Tells whether staff may override a reason for one client. */
export function mayOverrule(reason: string): reason is ReasonCode {
  return Object.hasOwn(reasons, reason) && reasons[reason as ReasonCode].mayAllow === true;
}

/** Parses the overridden reasons from the column. */
export function overruled(column: string | null): string[] {
  return column?.split(' ').filter(Boolean) ?? [];
}
