import { mayRetry } from '../connectors/errors.js';
import { isProblem, Problem } from '../lib/problem.js';
import { clientAndRelated } from '../store/clients/needs-evaluation.js';
import { forgetFormer } from '../store/clients/former-clients.js';
import { beginRun, recordFailure, setRunState } from '../store/sync-runs/run-progress.js';
import { loadRun, type SyncRun } from '../store/sync-runs/sync-runs.js';
import { withConnector, type EvaluationOutcome, type SyncDeps, type SyncedPractice } from './deps.js';
import { detectDrift } from './detect-drift.js';
import { evaluatePractice } from './evaluate-practice.js';
import { markMissingClients } from './mark-missing.js';
import { readOneClient } from './one-client.js';
import { readPages } from './read-pages.js';

/**
 * Continues a run to its end: reads the pages, marks missing clients, evaluates every client that needs it. Safe to
 * call again after a crash, and safe if two workers call it at once: the later one stops.
 *
 * @returns the finished run, with state `stopped` if the safety stop stopped it
 * @throws PimsProblem and others. The run stores the reason. It fails for good if `isFinalAttempt` is set or no retry
 *   can help
 */
export async function runSync(
  deps: SyncDeps,
  practice: SyncedPractice,
  runId: string,
  options: { signal: AbortSignal; isFinalAttempt: boolean },
): Promise<SyncRun> {
  const { db, clock } = deps;
  const begun = await beginRun(db, runId, clock());
  if (!['reading', 'evaluating'].includes(begun.state)) return begun;
  try {
    const read = begun.state === 'reading' ? await readAll(deps, practice, begun, options.signal) : begun;
    await evaluateAll(deps, practice, read, options.signal);
    return await loadRun(db, runId);
  } catch (error) {
    if (isProblem(error, 'too-many-missing')) return loadRun(db, runId);
    // An orderly stop is no failure: the run continues later from its cursor.
    const inGoodOrder = options.signal.aborted || error instanceof SyncPreempted || isProblem(error, 'run-taken-over');
    if (!inGoodOrder) {
      await recordFailure(db, runId, error, options.isFinalAttempt || !isRetryable(error), clock());
    }
    throw error;
  }
}

/** Thrown from `onProgress` to preempt the run. It continues later, after its last page. */
export class SyncPreempted extends Error {
  readonly retryInMs: number;
  constructor(retryInMs: number) {
    super('The run gives way to a nightly sync.');
    this.retryInMs = retryInMs;
  }
}

/**
 * True for unexpected errors of a driver or the database, which may be temporary, and for a Problem that allows a
 * retry.
 */
export function isRetryable(error: unknown): boolean {
  return mayRetry(error) || !(error instanceof Problem);
}

async function readAll(deps: SyncDeps, practice: SyncedPractice, run: SyncRun, signal: AbortSignal): Promise<SyncRun> {
  const { db, clock } = deps;
  if (run.kind === 'client') {
    return withConnector(practice, (connector) => readOneClient(deps, practice, run, connector, signal));
  }
  const { run: read, someMissing } = run.readAll
    ? { run, someMissing: true }
    : await withConnector(practice, (connector) => readPages({ ...deps, practice, connector, signal }, run));
  // Before the safety stop can stop the run, because drift often explains why many clients are missing.
  await detectDrift(db, read);
  const look = someMissing || read.counts.conflicts > 0;
  const missing = look ? await markMissingClients(db, practice, read, clock()) : 0;
  await forgetFormer(db, practice.id);
  const counts = { ...read.counts, missing: read.counts.missing + missing };
  await setRunState(db, read.id, 'evaluating', counts, clock());
  return { ...read, state: 'evaluating', counts };
}

async function evaluateAll(deps: SyncDeps, practice: SyncedPractice, run: SyncRun, signal: AbortSignal): Promise<void> {
  const { db, clock } = deps;
  const only = run.kind === 'client' ? await clientAndRelated(db, practice.id, run.cursor ?? '') : null;
  const onBatch = (outcome: EvaluationOutcome) => deps.onProgress(run, outcome);
  const { accounts, messages, reasons } = await evaluatePractice({ ...deps, signal, onBatch }, practice, only);
  await setRunState(db, run.id, 'done', { ...run.counts, accounts, messages, reasons }, clock());
}
