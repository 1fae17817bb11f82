import { isProblem, Problem } from '../../lib/problem.js';
import { canEvaluate } from '../../store/sync-runs/practices.js';
import { loadRun, recordFailure, type SyncRun } from '../../store/sync-runs/sync-runs.js';
import type { SyncedPractice } from '../../sync/practice.js';
import type { SyncDeps } from '../../sync/deps.js';
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

/** How often a run that reads looks whether it must make room. */
const lookEveryMs = 5_000;

/** Brings a run to its end, then asks for the emails that it owes. */
export function createSyncPractice(deps: SyncJobDeps & { turns: SyncAdmission }): Handler<'sync-practice'> {
  return async ({ runId }, { signal, isFinalAttempt, progress, about }) => {
    const asked = await loadRun(deps.db, runId);
    const { practiceId } = asked;
    about({ practiceId });
    const practice = await configured(deps, practiceId);
    if (!practice) return endUnconfigured(deps, asked);
    const retryInMs = await deps.turns.mayBegin(asked);
    if (retryInMs !== null) return { retryInMs };
    let lookedAt = deps.clock().getTime();
    /** The page is written, so that whoever goes on begins behind it. @throws SyncPreempted */
    const makeRoom = async (now: SyncRun): Promise<void> => {
      if (deps.clock().getTime() - lookedAt < lookEveryMs) return;
      lookedAt = deps.clock().getTime();
      const retryInMs = await deps.turns.mayGoOn(now);
      if (retryInMs !== null) throw new SyncPreempted(retryInMs);
    };
    try {
      const run = await inRunSpan({ practiceId, runId }, (step) => {
        const onProgress: SyncDeps['onProgress'] = async (now, settled) => {
          const counts = { read: now.counts.read, decided: settled?.decided ?? 0 };
          step(settled ? 'decisions' : 'pages', counts);
          await progress({ runId, ...counts });
          if (!settled) await makeRoom(now);
        };
        return runSync({ ...deps, onProgress }, practice, runId, { signal, isFinalAttempt });
      });
      if (run.counts.messages > 0) await deps.enqueue('dispatch-messages', {}, { key: 'one' });
      return { did: `${run.state}: ${run.counts.read} read, ${run.counts.accounts} accounts` };
    } catch (error) {
      if (error instanceof SyncPreempted) return { retryInMs: error.retryInMs };
      if (isProblem(error, 'run-taken-over')) return { skipped: 'another worker goes on with it' };
      if (isRetryable(error)) throw error;
      const { code, message, help } = error as FinalFailure;
      throw new FinalFailure({ code, message, ...(help ? { help } : {}), cause: error });
    }
  };
}

/** The practice, or null when it was taken out of the configuration. */
async function configured(deps: Pick<SyncJobDeps, 'practice'>, practiceId: string): Promise<SyncedPractice | null> {
  try {
    return await deps.practice(practiceId);
  } catch (error) {
    if (isProblem(error, 'practice-unknown')) return null;
    throw error;
  }
}

/** While a practice is added, workers with the former configuration still run: one that knows it gets its chance. */
const unknownForMs = 10 * 60_000;
const askAgainMs = 5_000;

/** A run of a practice that is gone would stay open for ever, and others would wait for it. */
async function endUnconfigured({ db, clock }: Pick<SyncJobDeps, 'db' | 'clock'>, run: SyncRun): Promise<Outcome> {
  const age = clock().getTime() - run.raw.requested_at.getTime();
  if (age >= 0 && age < unknownForMs) return { retryInMs: askAgainMs };
  const gone = new Problem({
    code: 'practice-unknown',
    message: `Practice "${run.practiceId}" is not in the configuration any more, so it was not read.`,
    help: 'If it shall be read, put it back into the configuration, restart, and ask for a resync. Otherwise there is nothing to do.',
  });
  await recordFailure(db, run.id, gone, true, clock());
  return { skipped: 'the practice is not configured any more; its run is over' };
}

/** Decides a practice's waiting for evaluation clients without reading the PIMS: after an approval, a correction by staff, a bounce. */
export function createEvaluatePractice(deps: SyncJobDeps): Handler<'evaluate-practice'> {
  return async ({ practiceId }, { signal }) => {
    const practice = await configured(deps, practiceId);
    if (!practice) return { skipped: 'the practice is not configured any more' };
    if (!(await canEvaluate(deps.db, practiceId)))
      return { skipped: 'a run is reading, or the safety stop stopped one' };
    const onBatch = () => Promise.resolve();
    const settled = await evaluatePractice({ ...deps, signal, givesWay: true, onBatch }, practice);
    if (settled.decided === 0) return { skipped: 'nobody is undecided' };
    if (settled.messages > 0) await deps.enqueue('dispatch-messages', {}, { key: 'one' });
    return {
      did: `${settled.decided} decided, ${settled.accounts} accounts, ${settled.messages} welcomes owed`,
    };
  };
}
