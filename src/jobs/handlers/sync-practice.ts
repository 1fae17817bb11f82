import { isProblem, Problem } from '../../lib/problem.js';
import { canEvaluate } from '../../store/sync-runs/practices.js';
import { recordFailure } from '../../store/sync-runs/run-progress.js';
import { loadRun, type SyncRun } from '../../store/sync-runs/sync-runs.js';
import type { SyncDeps, SyncedPractice } from '../../sync/deps.js';
import { runSync, SyncPreempted, isRetryable } from '../../sync/run-sync.js';
import { evaluatePractice } from '../../sync/evaluate-practice.js';
import { inRunSpan } from '../run-spans.js';
import { FinalFailure, type Enqueue, type Handler, type Outcome } from '../catalog.js';
import type { SyncAdmission } from '../sync-admission.js';

export interface SyncJobDeps extends Omit<SyncDeps, 'onProgress'> {
  enqueue: Enqueue;
  /** A configured practice. @throws Problem `practice-unknown` */
  practice(id: string): SyncedPractice | Promise<SyncedPractice>;
}

/** How often a reading run checks whether it must make room, in milliseconds. */
const lookEveryMs = 5_000;

/** Runs a sync to its end, then dispatches the emails it queued. */
export function createSyncPractice(deps: SyncJobDeps & { admission: SyncAdmission }): Handler<'sync-practice'> {
  return async ({ runId }, { signal, isFinalAttempt, progress, about }) => {
    const run = await loadRun(deps.db, runId);
    const { practiceId } = run;
    about({ practiceId });
    const practice = await configured(deps, practiceId);
    if (!practice) return endUnconfigured(deps, run);
    const retryInMs = await deps.admission.canStart(run);
    if (retryInMs !== null) return { retryInMs };
    let lookedAt = deps.clock().getTime();
    /** Runs after a page is committed, so that the next worker resumes after that page. @throws SyncPreempted */
    const makeRoom = async (now: SyncRun): Promise<void> => {
      if (deps.clock().getTime() - lookedAt < lookEveryMs) return;
      lookedAt = deps.clock().getTime();
      const retryInMs = await deps.admission.canContinue(now);
      if (retryInMs !== null) throw new SyncPreempted(retryInMs);
    };
    try {
      const done = await inRunSpan({ practiceId, runId }, (step) => {
        const onProgress: SyncDeps['onProgress'] = async (now, evaluated) => {
          const counts = { read: now.counts.read, decided: evaluated?.decided ?? 0 };
          step(evaluated ? 'decisions' : 'pages', counts);
          await progress({ runId, ...counts });
          if (!evaluated) await makeRoom(now);
        };
        return runSync({ ...deps, onProgress }, practice, runId, { signal, isFinalAttempt });
      });
      if (done.counts.messages > 0) await deps.enqueue('dispatch-messages', {}, { key: 'one' });
      return { did: `${done.state}: ${done.counts.read} read, ${done.counts.accounts} accounts` };
    } catch (error) {
      if (error instanceof SyncPreempted) return { retryInMs: error.retryInMs };
      if (isProblem(error, 'run-taken-over')) return { skipped: 'another worker has taken the run over' };
      if (isRetryable(error)) throw error;
      const { code, message, help } = error as FinalFailure;
      throw new FinalFailure({ code, message, help, cause: error });
    }
  };
}

/** Returns the practice, or null if it was removed from the configuration. */
async function configured(deps: Pick<SyncJobDeps, 'practice'>, practiceId: string): Promise<SyncedPractice | null> {
  try {
    return await deps.practice(practiceId);
  } catch (error) {
    if (isProblem(error, 'practice-unknown')) return null;
    throw error;
  }
}

/** After a practice is added, workers with the old configuration still run: give a worker that knows it a chance. */
const unknownForMs = 10 * 60_000;
const askAgainMs = 5_000;

/** Ends the run of a removed practice; otherwise it would stay open forever, and other runs would wait for it. */
async function endUnconfigured({ db, clock }: Pick<SyncJobDeps, 'db' | 'clock'>, run: SyncRun): Promise<Outcome> {
  const age = clock().getTime() - run.requestedAt.getTime();
  if (age >= 0 && age < unknownForMs) return { retryInMs: askAgainMs };
  const gone = new Problem({
    code: 'practice-unknown',
    message: `Practice "${run.practiceId}" is no longer configured, so it was not read.`,
    help: 'To read it, add it to the configuration again, restart, and start a resync. Otherwise there is nothing to do.',
  });
  await recordFailure(db, run.id, gone, true, clock());
  return { skipped: 'the practice is no longer configured; its run has ended' };
}

/**
 * Evaluates the clients of a practice that need evaluation, without reading the PIMS: after an approval, a correction
 * by staff, a bounce.
 */
export function createEvaluatePractice(deps: SyncJobDeps): Handler<'evaluate-practice'> {
  return async ({ practiceId }, { signal }) => {
    const practice = await configured(deps, practiceId);
    if (!practice) return { skipped: 'the practice is no longer configured' };
    if (!(await canEvaluate(deps.db, practiceId)))
      return { skipped: 'a run is reading, or a safety stop is in effect' };
    const onBatch = () => Promise.resolve();
    const evaluated = await evaluatePractice({ ...deps, signal, outsideRun: true, onBatch }, practice);
    if (evaluated.decided === 0) return { skipped: 'no client needs evaluation' };
    if (evaluated.messages > 0) await deps.enqueue('dispatch-messages', {}, { key: 'one' });
    return {
      did: `${evaluated.decided} evaluated, ${evaluated.accounts} accounts, ${evaluated.messages} messages queued`,
    };
  };
}
