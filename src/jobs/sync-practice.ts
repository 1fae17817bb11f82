import { isProblem } from '../domain/problem.js';
import { maySettle } from '../store/practices.js';
import { loadRun } from '../store/syncs.js';
import type { SyncedPractice } from '../sync/practice.js';
import type { SyncDeps } from '../sync/deps.js';
import { runSync, worthAnotherTry } from '../sync/run.js';
import { settlePractice } from '../sync/settle.js';
import { inRunSpan } from './run-spans.js';
import { FinalFailure, type Ask, type Handler } from './catalog.js';
import type { PimsTurns } from './pims-turns.js';

export interface SyncJobDeps extends Omit<SyncDeps, 'onProgress'> {
  ask: Ask;
  /** A configured practice. @throws Problem `practice-unknown` */
  practice(id: string): SyncedPractice;
}

/** Brings a run to its end, then asks for the mails that it owes. */
export function createSyncPractice(deps: SyncJobDeps & { turns: PimsTurns }): Handler<'sync-practice'> {
  return async ({ runId }, { signal, lastTry, progress }) => {
    const asked = await loadRun(deps.db, runId);
    const { practiceId } = asked;
    const laterMs = await deps.turns(asked);
    if (laterMs !== null) return { laterMs };
    try {
      const run = await inRunSpan({ practiceId, runId }, (step) => {
        const onProgress: SyncDeps['onProgress'] = (now, settled) => {
          const counts = { read: now.counts.read, decided: settled?.decided ?? 0 };
          step(settled ? 'decisions' : 'pages', counts);
          return progress({ runId, ...counts });
        };
        return runSync({ ...deps, onProgress }, deps.practice(practiceId), runId, { signal, lastTry });
      });
      if (run.counts.welcomes > 0) await deps.ask('dispatch-welcomes', {}, { key: 'one' });
      return { did: `${run.state}: ${run.counts.read} read, ${run.counts.accounts} accounts` };
    } catch (error) {
      if (isProblem(error, 'run-taken-over')) return { skipped: 'another worker goes on with it' };
      if (worthAnotherTry(error)) throw error;
      const { code, message, help } = error as FinalFailure;
      throw new FinalFailure({ code, message, ...(help ? { help } : {}), cause: error });
    }
  };
}

/** Decides a practice's undecided clients without reading the PIMS: after an approval, a correction by staff, a bounce. */
export function createSettlePractice(deps: SyncJobDeps): Handler<'settle-practice'> {
  return async ({ practiceId }, { signal }) => {
    if (!(await maySettle(deps.db, practiceId)))
      return { skipped: 'a run is reading, or the brake stopped one' };
    const onBatch = () => Promise.resolve();
    const settled = await settlePractice({ ...deps, signal, onBatch }, deps.practice(practiceId));
    if (settled.decided === 0) return { skipped: 'nobody is undecided' };
    if (settled.welcomes > 0) await deps.ask('dispatch-welcomes', {}, { key: 'one' });
    return {
      did: `${settled.decided} decided, ${settled.accounts} accounts, ${settled.welcomes} welcomes owed`,
    };
  };
}
