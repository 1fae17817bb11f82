import type { Decision } from '../../domain/decision/eligibility.js';
import type { ReasonCode } from '../../domain/decision/reasons.js';
import type { Database } from '../db/database.js';

export interface LastDecision {
  identityConflict: boolean;
  allowed: ReasonCode[];
  decision: Pick<Decision, 'verdict' | 'reason'> | null;
}

/** Returns the last decision about each of these clients, by PIMS id; clients never seen are absent. */
export async function lastDecisions(
  db: Database,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<Map<string, LastDecision>> {
  if (pimsIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'identity_conflict', 'allowed', 'verdict', 'reason', 'settled'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', [...pimsIds])
    .execute();
  return new Map(
    rows.map((row) => [
      row.pims_id,
      {
        identityConflict: row.identity_conflict === 1,
        allowed: (row.allowed?.split(' ') ?? []) as ReasonCode[],
        decision:
          row.settled === 1 && row.verdict && row.reason
            ? { verdict: row.verdict, reason: row.reason as ReasonCode }
            : null,
      },
    ]),
  );
}
