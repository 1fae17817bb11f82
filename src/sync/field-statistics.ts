import type { Client } from '../domain/client/client.js';
import { driftBetween } from '../domain/client/drift.js';
import { addToProfile, readProfile } from '../domain/client/field-statistics.js';
import type { Database } from '../store/db/database.js';
import { saveDrift } from '../store/decisions/drift-hold.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';

/** Gathers, page by page, the statistics that tell drift: fill rates and codes. The text is kept with the run. */
export interface Profiling {
  /** Goes on from a run's text; null at its beginning. */
  open(profile: string | null): { add(clients: readonly Client[]): void; text(): string | null };
  /**
   * Compares a completely read run with the one before it and keeps what it found, with what is held because of it. Call
   * it before anyone is decided, and before the safety stop can stop the run: what drifted may say why so many are missing.
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
