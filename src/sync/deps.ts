import type { Clock, NewId } from '../lib/ids.js';
import type { Database } from '../store/db/database.js';
import type { ErasedPeople } from '../store/privacy/erasure-register.js';
import type { IssuePasswords } from '../store/decisions/apply-plan.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';
import type { Profiling } from './field-statistics.js';
import type { EvaluationOutcome } from './evaluate-practice.js';

export interface SyncDeps {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  profiling: Profiling;
  /** People who asked to be erased. Their data in the PIMS is not stored. */
  erased: ErasedPeople;
  /** Called after each step, for progress bars and pages. */
  onProgress(run: SyncRun, settled: EvaluationOutcome | null): Promise<void>;
}
