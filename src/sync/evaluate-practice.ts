import type { PracticeContext } from '../domain/decision/practice-context.js';
import { readHold } from '../domain/decision/drift-hold.js';
import { evaluate } from '../domain/decision/evaluate.js';
import type { EvaluationPlan } from '../domain/decision/evaluation-plan.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../store/db/database.js';
import { renewProfileDifferenceTasks, type ReadPerson } from '../store/pet-parents/profile-difference-tasks.js';
import { canEvaluate, lockPractice } from '../store/sync-runs/practices.js';
import { unprovenSince } from '../store/sync-runs/safety-stop.js';
import { markDue } from '../store/clients/needs-evaluation.js';
import { performPlan } from '../store/decisions/apply-plan.js';
import { clientsAhead, type KnownClients } from '../store/decisions/client-records.js';
import { loadFacts, type Circumstances } from '../store/decisions/load-facts.js';
import { nextClients, type BatchRequest, type ClientRow } from '../store/decisions/next-batch.js';
import { writeDecisions } from '../store/decisions/write-decisions.js';
import type { EvaluationOutcome, SyncDeps } from './deps.js';

/** Clients per batch: enough to benefit from bulk statements, few enough to keep each transaction short. */
const clientsPerBatch = 1000;

export interface Evaluating extends Omit<SyncDeps, 'erased' | 'onProgress'> {
  signal: AbortSignal;
  /**
   * Set outside a sync run: stop as soon as a run starts reading, because partly read data must not be evaluated, and
   * leave out the clients that a failed run wrote, because no safety stop has checked them.
   */
  outsideRun?: boolean;
  onBatch(outcome: EvaluationOutcome): Promise<void>;
}

/**
 * Evaluates every client of a practice that needs it, in batches of one transaction each, and applies the resulting
 * plan. Until staff approve the practice's first campaign it writes only decisions, which are the invite plan that
 * staff see.
 *
 * @param only evaluates just these PIMS ids; for a resync of one client while the others may be partly read
 */
export async function evaluatePractice(
  evaluating: Evaluating,
  practice: PracticeContext,
  only: readonly string[] | null = null,
): Promise<EvaluationOutcome> {
  const { db, clock, signal } = evaluating;
  if (only === null) await markDue(db, practice, clock());
  const sum = noOutcome();
  const prefetch = createPrefetch(db, practice);
  for (let after = ''; ;) {
    signal.throwIfAborted();
    const request = { limit: clientsPerBatch, after, only };
    const { outcome, last } = await evaluateBatch(evaluating, practice, request, prefetch);
    if (outcome.decided === 0 && after === '') return sum;
    // After the last batch, start once more from the beginning: a decision may affect a client that came earlier.
    after = last ?? '';
    add(sum, outcome);
    if (outcome.decided > 0) await evaluating.onBatch(sum);
  }
}

function noOutcome(): EvaluationOutcome {
  return { decided: 0, accounts: 0, messages: 0, reasons: {} };
}

function add(sum: EvaluationOutcome, outcome: EvaluationOutcome): void {
  sum.decided += outcome.decided;
  sum.accounts += outcome.accounts;
  sum.messages += outcome.messages;
  for (const [code, n] of Object.entries(outcome.reasons)) sum.reasons[code] = (sum.reasons[code] ?? 0) + n;
}

interface Prefetch {
  /** The prefetched records of the current batch. */
  known: KnownClients;
  /** Starts to read the next batch; called while the current one is written. */
  begin(after: string): void;
  /** Waits for that read. */
  end(): Promise<void>;
}

/**
 * Reads the next batch's records while the current one is written. Fingerprints verify the records, so none is stale.
 */
function createPrefetch(db: Database, practice: PracticeContext): Prefetch {
  let coming: Promise<KnownClients> | null = null;
  const none: KnownClients = new Map();
  const prefetch: Prefetch = {
    known: none,
    begin(after) {
      // On failure, the batch's own transaction reads again and reports the error.
      coming ??= clientsAhead(db, practice, after, clientsPerBatch).catch(() => none);
    },
    async end() {
      prefetch.known = (await coming) ?? none;
      coming = null;
    },
  };
  return prefetch;
}

interface EvaluatedBatch {
  outcome: EvaluationOutcome;
  /** The last client of a full batch, after which more may follow; null after the last batch. */
  last: string | null;
}

async function evaluateBatch(
  evaluating: Evaluating,
  practice: PracticeContext,
  request: BatchRequest,
  prefetch: Prefetch,
): Promise<EvaluatedBatch> {
  const { db, clock, outsideRun } = evaluating;
  const evaluateOnce = async (trx: DatabaseTransaction): Promise<EvaluatedBatch> => {
    // Only one evaluation per practice at a time. Between practices the unique email key decides; the loser retries.
    const row = await lockPractice(trx, practice.id);
    if (outsideRun && !(await canEvaluate(trx, practice.id))) return { outcome: noOutcome(), last: null };
    const writtenBefore = outsideRun ? await unprovenSince(trx, practice.id) : null;
    const { rows, partners } = await nextClients(trx, practice.id, { ...request, writtenBefore });
    const last = rows.length === request.limit ? (rows.at(-1)?.pims_id ?? null) : null;
    const circumstances = {
      practice,
      driftHold: readHold(row.drift_hold),
      known: prefetch.known,
      newId: evaluating.newId,
      now: clock(),
    };
    const outcome = noOutcome();
    for (const group of byInvitation(practice, row.approved_at, [...rows, ...partners])) {
      const plan = evaluate(await loadFacts(trx, circumstances, group.clients));
      // While the database writes, it can read on another core, and this thread only waits.
      if (!request.only && last !== null) prefetch.begin(last);
      add(outcome, await applyPlan(trx, evaluating, circumstances, group, plan));
    }
    return { outcome, last };
  };
  try {
    return await inTransaction(db, evaluateOnce, ['ER_DUP_ENTRY', 'logged-in-meanwhile']);
  } finally {
    await prefetch.end();
  }
}

/** Writes the plan of a group; only its decisions, the invite plan, unless the clients may be invited. */
async function applyPlan(
  trx: DatabaseTransaction,
  { newId, issuePasswords }: Evaluating,
  { practice, now }: Circumstances,
  { clients, mayInvite }: Group,
  plan: EvaluationPlan,
): Promise<EvaluationOutcome> {
  const outcome = { ...noOutcome(), decided: clients.length };
  for (const { decision } of plan.decisions)
    outcome.reasons[decision.reason] = (outcome.reasons[decision.reason] ?? 0) + 1;
  if (!mayInvite) {
    await writeDecisions(trx, practice.id, plan.decisions, now);
    return outcome;
  }
  await performPlan(trx, plan, { practiceId: practice.id, newId, issuePasswords, now });
  // Clients evaluated for the first time have no confirmed profile.
  const pimsIds = clients.filter(({ verdict }) => verdict !== null).map((client) => client.pims_id);
  const readPerson: ReadPerson = (_practiceId, client) => practice.personOf(client);
  await renewProfileDifferenceTasks(trx, { practiceId: practice.id, pimsIds }, readPerson, { newId, now });
  return { ...outcome, accounts: plan.newAccounts.length, messages: plan.messages.length };
}

interface Group {
  mayInvite: boolean;
  clients: ClientRow[];
}

/** Separates the clients of a batch that may be invited now from those that staff have not approved. */
function byInvitation({ policy }: PracticeContext, approvedAt: Date | null, clients: readonly ClientRow[]): Group[] {
  const mayInvite = ({ first_seen_at: firstSeenAt }: ClientRow): boolean =>
    policy.welcome === 'automatic' ||
    (approvedAt !== null && (policy.welcome === 'after-approval' || firstSeenAt <= approvedAt));
  return [false, true]
    .map((may) => ({ mayInvite: may, clients: clients.filter((client) => mayInvite(client) === may) }))
    .filter((group) => group.clients.length > 0);
}
