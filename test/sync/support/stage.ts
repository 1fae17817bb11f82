import type { Connector } from '../../../src/connectors/contract.js';
import { newIds } from '../../../src/lib/ids.js';
import { checkInvariants } from '../../../src/store/db/invariants.js';
import { ensurePractices } from '../../../src/store/sync-runs/practices.js';
import { requestSync, type SyncRequest, type SyncRun } from '../../../src/store/sync-runs/sync-runs.js';
import type { EvaluationOutcome, SyncDeps, SyncedPractice } from '../../../src/sync/deps.js';
import { runSync } from '../../../src/sync/run-sync.js';
import { evaluatePractice } from '../../../src/sync/evaluate-practice.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { syncedPractice } from '../../support/synced-practice.js';
import { syncDeps } from './sync-deps.js';

type Policy = Record<string, unknown>;

/** One practice, `elm`, on a database of its own, with helpers for its nightly syncs. */
export interface Stage {
  test: TestDatabase;
  deps: SyncDeps;
  practice(connector: Connector, policy?: Policy): SyncedPractice;
  /** Enqueues a run, by default a resync. */
  enqueue(more?: Partial<SyncRequest>): Promise<{ runId: string; joined: boolean }>;
  go(runId: string, connector: Connector, policy?: Policy, isFinalAttempt?: boolean): Promise<SyncRun>;
  sync(connector: Connector, policy?: Policy, more?: Partial<SyncRequest>): Promise<SyncRun>;
  evaluate(connector: Connector, policy?: Policy): Promise<EvaluationOutcome>;
  table(
    name: 'accounts' | 'messages' | 'pims_clients' | 'pims_pets' | 'undone_facts',
  ): Promise<Record<string, unknown>[]>;
  /** Lists the keys of clients marked as missing. */
  missing(): Promise<string[]>;
  broken(): Promise<unknown[]>;
}

export async function stage(): Promise<Stage> {
  const test = await testDatabase();
  const newId = newIds();
  const clock = () => new Date();
  const deps = syncDeps(test.db, newId, clock);
  const never = new AbortController().signal;
  await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'America/Chicago' }], clock());
  const self: Stage = {
    test,
    deps,
    practice: (connector, policy = { welcome: 'automatic' }) => syncedPractice(connector, { policy }),
    enqueue: (more) => requestSync(test.db, { practiceId: 'elm', kind: 'resync', by: 'a test', ...more }, newId, clock),
    go: (runId, connector, policy, isFinalAttempt = false) =>
      runSync(deps, self.practice(connector, policy), runId, { signal: never, isFinalAttempt }),
    sync: async (connector, policy, more) => self.go((await self.enqueue(more)).runId, connector, policy),
    evaluate: (connector, policy) =>
      evaluatePractice({ ...deps, signal: never, onBatch: () => Promise.resolve() }, self.practice(connector, policy)),
    table: (name) => test.db.selectFrom(name).selectAll().execute() as Promise<Record<string, unknown>[]>,
    missing: async () =>
      (await self.table('pims_clients'))
        .filter((row) => row['missing_since'] !== null)
        .map((row) => row['pims_id'] as string)
        .sort(),
    broken: async () => (await checkInvariants(test.db)).filter(({ count }) => count > 0),
  };
  return self;
}
