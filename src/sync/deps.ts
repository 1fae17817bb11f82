import type { Connector } from '../connectors/contract.js';
import type { PracticeContext } from '../domain/decision/practice-context.js';
import type { Clock, NewId } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import type { ErasedPeople } from '../store/privacy/erasure-register.js';
import type { IssuePasswords } from '../store/decisions/apply-plan.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';

/** A practice whose PIMS a sync or a plan reads. */
export interface SyncedPractice extends PracticeContext {
  /** Clients per page. */
  pageSize: number;
  /** Opens the practice's connector; the caller closes it. */
  connect(): Promise<Connector>;
}

/** The result of an evaluation so far. */
export interface EvaluationOutcome {
  decided: number;
  accounts: number;
  messages: number;
  reasons: Record<string, number>;
}

export interface SyncDeps {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  /** People who asked to be erased. Their data in the PIMS is not stored. */
  erased: ErasedPeople;
  /** Called after each step, for progress bars and pages. */
  onProgress(run: SyncRun, outcome: EvaluationOutcome | null): Promise<void>;
}

/** Opens the practice's connector for `work` and closes it at the end. */
export async function withConnector<T>(
  practice: SyncedPractice,
  work: (connector: Connector) => Promise<T>,
): Promise<T> {
  const connector = await practice.connect();
  try {
    return await work(connector);
  } finally {
    await connector.close();
  }
}
