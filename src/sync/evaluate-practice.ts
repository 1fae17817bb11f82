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

/** Enough that bulk statements pay, few enough that a transaction stays short. */
const clientsABatch = 1000;

export interface Evaluating {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  signal: AbortSignal;
  /** Outside a run: gives way as soon as one reads, for what is half read is not to be decided about. */
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
 * Decides every waiting for evaluation client of a practice, in batches of one transaction each, and performs what follows.
 * Until staff approve the practice's first campaign, decisions are written and nothing else: that is the plan they see.
 *
 * @param only these PIMS ids and no others; for a resync of one client while the rest may be half read
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
    // At the end, once more from the beginning: what is decided of one client may concern another before it.
    after = batch.last ?? '';
    sum.decided += batch.decided;
    sum.accounts += batch.accounts;
    sum.messages += batch.messages;
    for (const [code, n] of Object.entries(batch.reasons)) sum.reasons[code] = (sum.reasons[code] ?? 0) + n;
    if (batch.decided > 0) await settling.onBatch(sum);
  }
}

interface EvaluatedBatch extends EvaluationOutcome {
  /** The last of a full batch, behind which more may come. */
  last: string | null;
}

interface Ahead {
  /** What was read for the batch at hand. */
  known: KnownClients;
  /** Reads for the next batch; called while the one at hand is written. */
  begin(practice: EvaluatedPractice, after: string): void;
  /** Waits for it. */
  end(): Promise<void>;
}

/** Reading the next batch's records while one is written: only what a fingerprint answers for, so nothing can be stale. */
function createPrefetch(db: Database): Ahead {
  let coming: Promise<KnownClients> | null = null;
  const none: KnownClients = new Map();
  const ahead: Ahead = {
    known: none,
    begin(practice, after) {
      // What fails here is asked again in the batch's own transaction, and fails there.
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
    // One settler a practice at a time; between practices the unique email key decides, and the loser tries again.
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
    // While the database writes, it has a core to spare for reading, and this thread waits.
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
      // Nobody confirmed anything yet who is decided for the first time.
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
