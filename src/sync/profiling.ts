import type { Client } from '../domain/client.js';
import type { Database } from '../store/database.js';
import type { SyncRun } from '../store/syncs.js';

/** Gathers, page by page, the statistics that tell drift: fill rates and codes. The text is kept with the run. */
export interface Profiling {
  add(profile: string | null, clients: readonly Client[]): string | null;
  /** Compares a completely read run with the one before it and keeps what it found. */
  finish(db: Database, run: SyncRun): Promise<void>;
}
