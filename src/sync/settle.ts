import type { Clock, NewId } from '../domain/ids.js';
import { policyKey } from '../domain/policy.js';
import { settle } from '../domain/settle.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../store/database.js';
import { undecideDue } from '../store/undecided.js';
import { performDecisions, performPlan, type IssuePasswords } from '../store/settle-perform.js';
import { loadFacts, undecidedClients } from '../store/settle-facts.js';
import { localDate, type SyncedPractice } from './practice.js';

/** Enough that bulk statements pay, few enough that a transaction stays short. */
const clientsABatch = 1000;

export interface Settling {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  signal: AbortSignal;
  onBatch(settled: Settled): Promise<void>;
}

export interface Settled {
  decided: number;
  accounts: number;
  welcomes: number;
  reasons: Record<string, number>;
}

/**
 * Decides every undecided client of a practice, in batches of one transaction each, and performs what follows.
 * Until staff approve the practice's first wave, decisions are written and nothing else: that is the plan they see.
 *
 * @param only these PIMS ids and no others; for a resync of one client while the rest may be half read
 */
export async function settlePractice(
  settling: Settling,
  practice: SyncedPractice,
  only: readonly string[] | null = null,
): Promise<Settled> {
  const { db, clock, signal } = settling;
  if (only === null)
    await undecideDue(db, practice.id, localDate(practice.timeZone, clock()), policyKey(practice.policy));
  const sum: Settled = { decided: 0, accounts: 0, welcomes: 0, reasons: {} };
  for (;;) {
    signal.throwIfAborted();
    const batch = await settleBatch(settling, practice, only);
    if (batch.decided === 0) return sum;
    sum.decided += batch.decided;
    sum.accounts += batch.accounts;
    sum.welcomes += batch.welcomes;
    for (const [code, n] of Object.entries(batch.reasons)) sum.reasons[code] = (sum.reasons[code] ?? 0) + n;
    await settling.onBatch(sum);
  }
}

async function settleBatch(
  settling: Settling,
  practice: SyncedPractice,
  only: readonly string[] | null,
): Promise<Settled> {
  const { db, clock, newId, issuePasswords } = settling;
  const now = clock();
  const about = { id: practice.id, policy: practice.policy, country: practice.country, today: localDate(practice.timeZone, now) }; // prettier-ignore
  const settleOnce = async (trx: DatabaseTransaction): Promise<Settled> => {
    // One settler a practice at a time; between practices the unique email key decides, and the loser tries again.
    const row = await trx
      .selectFrom('practices')
      .select(['approved_at'])
      .where('id', '=', practice.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const rows = await undecidedClients(trx, practice.id, clientsABatch, only);
    const stored = new Map(rows.map((one) => [one.pims_id, one]));
    const may = (client: { first_seen_at: Date }) =>
      mayInvite(practice, row.approved_at, client.first_seen_at);
    const invited = rows.filter(may);
    const planned = rows.filter((client) => !may(client));
    const settled: Settled = { decided: rows.length, accounts: 0, welcomes: 0, reasons: {} };
    if (planned.length > 0) {
      const plan = settle(await loadFacts(trx, about, planned, newId, now));
      await performDecisions(trx, plan, { practiceId: practice.id, stored, now });
      countReasons(settled, plan.decisions);
    }
    if (invited.length > 0) {
      const plan = settle(await loadFacts(trx, about, invited, newId, now));
      await performPlan(trx, plan, { practiceId: practice.id, newId, issuePasswords, stored, now });
      settled.accounts = plan.newAccounts.length;
      settled.welcomes = plan.welcomes.length;
      countReasons(settled, plan.decisions);
    }
    return settled;
  };
  return inTransaction(db, settleOnce, ['ER_DUP_ENTRY']);
}

function mayInvite(practice: SyncedPractice, approvedAt: Date | null, firstSeenAt: Date): boolean {
  switch (practice.policy.welcome) {
    case 'automatic':
      return true;
    case 'after-approval':
      return approvedAt !== null;
    case 'manual':
      return approvedAt !== null && firstSeenAt <= approvedAt;
  }
}

function countReasons(settled: Settled, decisions: readonly { decision: { reason: string } }[]): void {
  for (const { decision } of decisions) {
    settled.reasons[decision.reason] = (settled.reasons[decision.reason] ?? 0) + 1;
  }
}
