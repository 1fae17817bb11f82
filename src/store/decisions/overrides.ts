import { Problem } from '../../lib/problem.js';
import { reasons, type ReasonCode } from '../../domain/decision/reasons.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database } from '../db/database.js';
import { requireCanEvaluate } from '../sync-runs/practices.js';

/**
 * Staff overrule the rule that holds one client back ("invite anyway"), or let it are active again. The client is decided
 * again; other rules count as before. The caller asks for `evaluate-practice`.
 *
 * @param reason what the page said when they decided
 * @throws Problem `changed-meanwhile` when that is no longer the reason, or none that staff may overrule; `sync-in-progress`
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
      throw new Problem({ code: 'changed-meanwhile', message: 'This client is decided otherwise by now.' });
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

/** Whether staff may overrule a reason for one client. */
export function mayOverrule(reason: string): reason is ReasonCode {
  return Object.hasOwn(reasons, reason) && reasons[reason as ReasonCode].mayAllow;
}

/** The reasons that staff have overruled, as the row keeps them. */
export function overruled(column: string | null): string[] {
  return column?.split(' ').filter(Boolean) ?? [];
}
