import { practiceMailState, type PracticeMailState } from '../../../store/messages/email-marketing.js';
import {
  planChanges,
  planCounts,
  waitingInvites,
  type PlanCount,
  type WaitingInvites,
} from '../../../store/decisions/invite-plan.js';
import { dataFrom } from '../../../store/sync-runs/data-age.js';
import { whyNotApprovable } from '../../../store/sync-runs/practices.js';
import { latestRuns, type SyncRun } from '../../../store/sync-runs/sync-runs.js';
import type { AllowedPractices } from '../../../store/access/allowed-practices.js';
import type { PracticeInfo, WebDeps } from '../../deps.js';

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
  /** Whether it may be approved now: not before the first whole pass, while half of one is read, nor after the safety stop. */
  approvable: boolean;
  /** When the scan began that the plan is made from; null before the first that finished. */
  dataFrom: Date | null;
  /** Too old to approve anything on it. */
  tooOld: boolean;
  /** Whether later clients, too, wait until somebody approves again. */
  manual: boolean;
  /** Who is decided otherwise than before the last sync, by reason; null without an earlier plan. */
  changes: { since: Date; by: ReadonlyMap<string, number> } | null;
  /** Who approving would invite; null when nobody needs approving. */
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
    dataFrom(db, practiceId, now),
    whyNotApprovable(db, practiceId, approvalLimit(info, now)),
  ]);
  const done = runs.filter(({ state: one }) => one === 'done');
  // The plan of the run before the last one is what staff have seen.
  const since = done.length > 1 ? (done[0]?.raw.started_at ?? null) : null;
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const manual = info?.welcome === 'manual';
  const [by, waiting] = await Promise.all([
    since && total <= mostCompared ? planChanges(db, allowed, practiceId, since) : null,
    state.approved_at && !manual ? null : waitingInvites(db, allowed, practiceId, state.approved_at),
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

/** How old the data may be on which this practice's plan is approved. */
export function approvalLimit(
  info: Pick<PracticeInfo, 'dataRule'> | null,
  now: Date,
): { maxAgeHours: number; now: Date } | null {
  return info?.dataRule ? { maxAgeHours: info.dataRule.maxAgeHours, now } : null;
}
