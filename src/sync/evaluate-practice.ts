import { readHold } from '../domain/decision/drift-hold.js';
import type { Clock, NewId } from '../lib/ids.js';
import type { Client } from '../domain/client/client.js';
import { emailsOf, personOf } from '../domain/client/person.js';
import { personOptions } from '../domain/client/person-options.js';
import { policyKey } from '../domain/decision/policy.js';
import { evaluate } from '../domain/decision/evaluate.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../store/db/database.js';
import { renewProfileDifferenceTasks, type ReadPerson } from '../store/pet-parents/profile-difference-tasks.js';
import { canEvaluate } from '../store/sync-runs/practices.js';
import { markDue } from '../store/clients/needs-evaluation.js';
import { performDecisions, performPlan, type IssuePasswords } from '../store/decisions/apply-plan.js';
import { clientsAhead, type KnownClients, type EvaluatedPractice } from '../store/decisions/client-records.js';
import { loadFacts } from '../store/decisions/load-facts.js';
import { nextClients, type Undecided } from '../store/decisions/next-batch.js';
import { localDate, type SyncedPractice } from './practice.js';

/** Clients per batch: enough to benefit from bulk statements, few enough to keep each transaction short. */
const clientsABatch = 1000;

export interface Evaluating {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  signal: AbortSignal;
  /** Set outside a sync run: stop as soon as a run starts reading, because partly read data must not be evaluated. */
  givesWay?: boolean;
  onBatch(settled: EvaluationOutcome): Promise<void>;
}

export interface EvaluationOutcome {
  decided: number;
  accounts: number;
  messages: number;
  reasons: Record<string, number>;
}

/**
 * Evaluates every client of a practice that needs it, in batches of one transaction each, and applies the resulting
 * plan. Until staff approve the practice's first campaign it writes only decisions, which are the invite plan that
 * staff see.
 *
 * @param only evaluates just these PIMS ids; for a resync of one client while the others may be partly read
 */
export async function evaluatePractice(
  settling: Evaluating,
  practice: SyncedPractice,
  only: readonly string[] | null = null,
): Promise<EvaluationOutcome> {
  const { db, clock, signal } = settling;
  if (only === null) {
    const options = personOptions(practice.country, practice.policy);
    const loginKey = (emails: readonly string[]) => emailsOf(emails, options).loginKey;
    const policy = { key: policyKey(practice.policy), loginKey };
    await markDue(db, practice.id, localDate(practice.timeZone, clock()), policy);
  }
  const sum: EvaluationOutcome = { decided: 0, accounts: 0, messages: 0, reasons: {} };
  const ahead = createPrefetch(db);
  for (let after = ''; ;) {
    signal.throwIfAborted();
    const batch = await evaluateBatch(settling, practice, { limit: clientsABatch, only, after }, ahead);
    if (batch.decided === 0 && after === '') return sum;
    // After the last batch, start once more from the beginning: a decision may affect a client that came earlier.
    after = batch.last ?? '';
    sum.decided += batch.decided;
    sum.accounts += batch.accounts;
    sum.messages += batch.messages;
    for (const [code, n] of Object.entries(batch.reasons)) sum.reasons[code] = (sum.reasons[code] ?? 0) + n;
    if (batch.decided > 0) await settling.onBatch(sum);
  }
}

interface EvaluatedBatch extends EvaluationOutcome {
  /** The last client of a full batch, after which more may follow; null after the last batch. */
  last: string | null;
}

interface Ahead {
  /** The prefetched records of the current batch. */
  known: KnownClients;
  /** Starts to read the next batch; called while the current one is written. */
  begin(practice: EvaluatedPractice, after: string): void;
  /** Waits for that read. */
  end(): Promise<void>;
}

/**
 * Reads the next batch's records while the current one is written. Fingerprints verify the records, so none is stale.
 */
function createPrefetch(db: Database): Ahead {
  let coming: Promise<KnownClients> | null = null;
  const none: KnownClients = new Map();
  const ahead: Ahead = {
    known: none,
    begin(practice, after) {
      // On failure, the batch's own transaction reads again and reports the error.
      coming ??= clientsAhead(db, practice, after, clientsABatch).catch(() => none);
    },
    async end() {
      ahead.known = (await coming) ?? none;
      coming = null;
    },
  };
  return ahead;
}

async function evaluateBatch(
  settling: Evaluating,
  practice: SyncedPractice,
  which: Undecided,
  ahead: Ahead,
): Promise<EvaluatedBatch> {
  const { db, clock, newId, issuePasswords } = settling;
  const now = clock();
  const options = personOptions(practice.country, practice.policy);
  const readPerson: ReadPerson = (_practiceId, record) =>
    personOf({ ...(JSON.parse(record) as Omit<Client, 'pets'>), pets: [] }, options);
  const settleOnce = async (trx: DatabaseTransaction): Promise<EvaluatedBatch> => {
    // Only one evaluation per practice at a time. Between practices the unique email key decides; the loser retries.
    const row = await trx
      .selectFrom('practices')
      .select(['approved_at', 'drift_hold'])
      .where('id', '=', practice.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const none: EvaluatedBatch = { decided: 0, accounts: 0, messages: 0, reasons: {}, last: null };
    if (settling.givesWay && !(await canEvaluate(trx, practice.id))) return none;
    const about = {
      id: practice.id,
      policy: practice.policy,
      driftHold: readHold(row.drift_hold),
      country: practice.country,
      today: localDate(practice.timeZone, now),
    };
    const { rows: next, partners } = await nextClients(trx, practice.id, which);
    const last = next.length === which.limit ? (next.at(-1)?.pims_id ?? null) : null;
    const rows = [...next, ...partners];
    // While the database writes, it can read on another core, and this thread only waits.
    const readAhead = () => {
      if (which.only === null && last !== null) ahead.begin(about, last);
    };
    const stored = new Map(rows.map((one) => [one.pims_id, one]));
    const may = (client: { first_seen_at: Date }) => mayInvite(practice, row.approved_at, client.first_seen_at);
    const invited = rows.filter(may);
    const planned = rows.filter((client) => !may(client));
    const settled: EvaluatedBatch = { ...none, decided: rows.length, reasons: {}, last };
    if (planned.length > 0) {
      const plan = evaluate(await loadFacts(trx, about, planned, ahead.known, newId, now));
      readAhead();
      await performDecisions(trx, plan, { practiceId: practice.id, stored, now });
      countReasons(settled, plan.decisions);
    }
    if (invited.length > 0) {
      const plan = evaluate(await loadFacts(trx, about, invited, ahead.known, newId, now));
      readAhead();
      await performPlan(trx, plan, { practiceId: practice.id, newId, issuePasswords, stored, now });
      // Clients evaluated for the first time have no confirmed profile.
      const pimsIds = invited.filter((client) => client.settled === 1).map((client) => client.pims_id);
      await renewProfileDifferenceTasks(trx, { practiceId: practice.id, pimsIds }, readPerson, newId, now);
      settled.accounts = plan.newAccounts.length;
      settled.messages = plan.messages.length;
      countReasons(settled, plan.decisions);
    }
    return settled;
  };
  try {
    return await inTransaction(db, settleOnce, ['ER_DUP_ENTRY', 'logged-in-meanwhile']);
  } finally {
    await ahead.end();
  }
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

function countReasons(settled: EvaluationOutcome, decisions: readonly { decision: { reason: string } }[]): void {
  for (const { decision } of decisions) {
    settled.reasons[decision.reason] = (settled.reasons[decision.reason] ?? 0) + 1;
  }
}
