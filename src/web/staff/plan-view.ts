import {
  invitedAddresses,
  planChanges,
  planCounts,
  practiceMailState,
  type PlanCount,
  type PracticeMailState,
} from '../../store/email-marketing.js';
import { maySettle } from '../../store/practices.js';
import { latestRuns, wasEverSynced, type SyncRun } from '../../store/syncs.js';
import type { AllowedPractices } from '../../store/allowed-practices.js';
import type { WebDeps } from '../deps.js';

/** Beyond so many clients comparing costs more than a page may take; `pims-sync plan` does it at any size. */
const mostCompared = 20_000;

/** The invite plan of a practice as it stands. */
export interface PlanView {
  counts: PlanCount[];
  state: PracticeMailState;
  /** The latest sync of the whole practice; null before the first. */
  latest: SyncRun | null;
  /** Whether a sync of the whole practice was ever done: before that, numbers are of what was read so far. */
  whole: boolean;
  /** Whether it may be approved now: not while half a pass is read, nor after the brake. */
  settled: boolean;
  /** Who is decided otherwise than before the last sync, by reason; null without an earlier plan. */
  changes: { since: Date; by: ReadonlyMap<string, number> } | null;
  /** To how many addresses the invitations would go; only of a plan that waits for approval. */
  addresses: number | null;
}

export async function loadPlan(
  { db }: Pick<WebDeps, 'db'>,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<PlanView> {
  const [counts, state, runs, settled] = await Promise.all([
    planCounts(db, allowed, practiceId),
    practiceMailState(db, allowed, practiceId),
    latestRuns(db, allowed.require(practiceId), 20),
    maySettle(db, practiceId),
  ]);
  const done = runs.filter(({ state: one }) => one === 'done');
  // The plan of the run before the last one is what staff have seen.
  const since = done.length > 1 ? (done[0]?.raw.started_at ?? null) : null;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const [by, addresses] = await Promise.all([
    since && total <= mostCompared ? planChanges(db, allowed, practiceId, since) : null,
    state.approved_at ? null : invitedAddresses(db, allowed, practiceId),
  ]);
  return {
    counts,
    state,
    latest: runs[0] ?? null,
    // A done one may be longer ago than the latest runs tell.
    whole: done.length > 0 || (await wasEverSynced(db, practiceId)),
    settled,
    changes: since && by ? { since, by } : null,
    addresses,
  };
}
