import type { Client } from '../domain/client/client.js';
import { driftBetween } from '../domain/client/drift.js';
import { addToProfile, readProfile } from '../domain/client/field-statistics.js';
import type { Database } from '../store/db/database.js';
import { saveDrift } from '../store/decisions/drift-hold.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';

/** Collects, page by page, the statistics that reveal drift: fill rates and codes. The run stores them as text. */
export interface Profiling {
  /** Continues from a run's stored text; null at the start of a run. */
  open(profile: string | null): { add(clients: readonly Client[]): void; text(): string | null };
  /**
   * Compares a full scan with the one before it, and stores the drift and the holds that follow from it. Call it before
   * any client is evaluated, and before the safety stop can stop the run: drift may explain why many clients are
   * missing.
   */
  finish(db: Database, run: SyncRun): Promise<void>;
}

export function createProfiling(): Profiling {
  return {
    open(text) {
      const profile = readProfile(text);
      return {
        add: (clients) => void addToProfile(profile, clients),
        text: () => JSON.stringify(profile),
      };
    },
    async finish(db, run) {
      const previous = await db
        .selectFrom('sync_runs')
        .select('profile')
        .where('practice_id', '=', run.practiceId)
        .where('state', '=', 'done')
        .where('kind', '!=', 'client')
        .where('id', '!=', run.id)
        .orderBy('requested_at', 'desc')
        .executeTakeFirst();
      const profile = readProfile(run.raw.profile);
      const drift = previous ? driftBetween(readProfile(previous.profile), profile) : [];
      await saveDrift(db, run, drift, profile);
    },
  };
}
