import type { Decision } from '../../domain/decision/eligibility.js';
import type { PlannedDecision } from '../../domain/decision/evaluation-plan.js';
import { reasons } from '../../domain/decision/reasons.js';
import { grouped } from '../../lib/group-by.js';
import { executeSequentially, inList, valuesByKey, type StatementOrYield } from '../db/bulk.js';
import type { DatabaseTransaction } from '../db/database.js';

/** Writes only the decisions: the invite plan that staff review before they approve it. */
export async function writeDecisions(
  trx: DatabaseTransaction,
  practiceId: string,
  decisions: readonly PlannedDecision[],
  now: Date,
): Promise<void> {
  await executeSequentially(trx, decisionStatements(trx, practiceId, decisions, now));
}

/** Generates the statements that write decisions, group by group: most clients of a batch share one of a few. */
export function* decisionStatements(
  trx: DatabaseTransaction,
  practiceId: string,
  decisions: readonly PlannedDecision[],
  now: Date,
): Generator<StatementOrYield> {
  const alike = grouped(
    decisions,
    ({ decision, changed }) => `${decision.reason} ${decision.verdict} ${decision.decideAgainOn} ${changed}`,
    (one) => one,
  );
  for (const group of alike.values()) {
    const { decision, changed } = group[0] as PlannedDecision;
    const sentences = new Map(group.map((one) => [one.pimsId, storedSentence(one.decision)]));
    yield trx
      .updateTable('pims_clients')
      .set({
        needs_evaluation: 0,
        verdict: decision.verdict,
        reason: decision.reason,
        decide_on: decision.decideAgainOn,
        sentence: valuesByKey('pims_id', sentences),
        ...(changed ? { decided_at: now } : {}),
      })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', inList([...sentences.keys()]))
      .compile();
  }
}

/**
 * Returns the sentence to store: null unless it contains details of the client, because most are the reason's default.
 */
function storedSentence({ reason, sentence }: Decision): string | null {
  return sentence === reasons[reason].sentence ? null : sentence.slice(0, 500).toWellFormed();
}
