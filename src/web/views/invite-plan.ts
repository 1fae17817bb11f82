import { practiceMailState, type PracticeMailState } from '../../store/messages/email-marketing.js';
import {
  planChanges,
  planCounts,
  waitingInvites,
  type PlanCount,
  type WaitingInvites,
} from '../../store/decisions/invite-plan.js';
import { dataFrom } from '../../store/sync-runs/data-age.js';
import { whyNotApprovable } from '../../store/sync-runs/practices.js';
import { latestRuns, type SyncRun } from '../../store/sync-runs/sync-runs.js';
import type { AllowedPractices } from '../../store/access/allowed-practices.js';
import type { PracticeInfo, WebDeps } from '../deps.js';

/** Maximum number of clients to compare on a page; more would take too long. `pims-sync plan` compares any number. */
const mostCompared = 20_000;

/** Current invite plan of a practice. */
export interface PlanView {
  counts: PlanCount[];
  state: PracticeMailState;
  /** Latest sync of the whole practice; null before the first. */
  latest: SyncRun | null;
  /** Whether a full sync was ever done. Before that, the numbers cover only the clients read so far. */
  whole: boolean;
  /** Whether it may be approved now: not before the first full sync, while a sync is reading, or after a safety stop. */
  approvable: boolean;
  /** Start of the full scan behind the plan; null until the first full scan has finished. */
  dataFrom: Date | null;
  /** Whether the data is too old for an approval. */
  tooOld: boolean;
  /** Whether later clients also wait for an approval. */
  manual: boolean;
  /** Number of changed decisions since the last sync, by reason; null without an earlier plan. */
  changes: { since: Date; by: ReadonlyMap<string, number> } | null;
  /** Clients that an approval would invite; null if no approval is needed. */
  waiting: WaitingInvites | null;
}

export async function loadPlan(
  deps: Pick<WebDeps, 'db' | 'practice' | 'clock'>,
  allowed: AllowedPractices,
  practiceId: string,
): Promise<PlanView> {
  const { db } = deps;
  const [now, info] = [deps.clock(), deps.practice(practiceId)];
  const [counts, state, runs, from, whyNot] = await Promise.all([
    planCounts(db, allowed, practiceId),
    practiceMailState(db, allowed, practiceId),
    latestRuns(db, allowed.require(practiceId), 20),
    dataFrom(db, practiceId),
    whyNotApprovable(db, practiceId, approvalLimit(info, now)),
  ]);
  const done = runs.filter(({ state: one }) => one === 'done');
  // Staff have seen the plan of the run before the last one.
  const since = done.length > 1 ? (done[0]?.startedAt ?? null) : null;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const manual = info?.welcome === 'manual';
  const [by, waiting] = await Promise.all([
    since && total <= mostCompared ? planChanges(db, allowed, practiceId, since) : null,
    state.approvedAt && !manual ? null : waitingInvites(db, allowed, practiceId, state.approvedAt),
  ]);
  return {
    counts,
    state,
    latest: runs[0] ?? null,
    whole: whyNot !== 'nothing-to-approve',
    approvable: whyNot === null,
    dataFrom: from,
    tooOld: whyNot === 'data-too-old',
    manual,
    changes: since && by ? { since, by } : null,
    waiting,
  };
}

/** Returns the maximum age of the data for an approval; null for any age. */
export function approvalLimit(
  info: Pick<PracticeInfo, 'dataRule'> | null,
  now: Date,
): { maxAgeHours: number; now: Date } | null {
  return info?.dataRule ? { maxAgeHours: info.dataRule.maxAgeHours, now } : null;
}
