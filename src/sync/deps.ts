import type { Clock, NewId } from '../domain/ids.js';
import type { Database } from '../store/database.js';
import type { ErasedPeople } from '../store/erased.js';
import type { IssuePasswords } from '../store/settle-perform.js';
import type { SyncRun } from '../store/syncs.js';
import type { Profiling } from './profiling.js';
import type { Settled } from './settle.js';

export interface SyncDeps {
  db: Database;
  clock: Clock;
  newId: NewId;
  issuePasswords: IssuePasswords;
  profiling: Profiling;
  /** People who asked to be erased: what the PIMS says of them is not written. */
  erased: ErasedPeople;
  /** Told after each step, for progress bars and pages. */
  onProgress(run: SyncRun, settled: Settled | null): Promise<void>;
}
