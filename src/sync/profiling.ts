import type { Client } from '../domain/client.js';
import { driftBetween } from '../domain/drift.js';
import { addToProfile, readProfile } from '../domain/profile.js';
import type { Database } from '../store/database.js';
import type { SyncRun } from '../store/syncs.js';

/** Gathers, page by page, the statistics that tell drift: fill rates and codes. The text is kept with the run. */
export interface Profiling {
  /** Goes on from a run's text; null at its beginning. */
  open(profile: string | null): { add(clients: readonly Client[]): void; text(): string | null };
  /** Compares a completely read run with the one before it and keeps what it found. */
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
      const drift = previous ? driftBetween(readProfile(previous.profile), readProfile(run.raw.profile)) : [];
      await db
        .updateTable('sync_runs')
        .set({ drift: JSON.stringify(drift) })
        .where('id', '=', run.id)
        .execute();
    },
  };
}
