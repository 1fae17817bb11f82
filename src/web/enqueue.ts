import type { EnqueueOptions, JobName, Payload } from '../jobs/catalog.js';
import type { WebDeps } from './deps.js';

type Deps = Pick<WebDeps, 'enqueue' | 'log'>;

/**
 * Enqueues a job. The database already holds the pending work, so a failing queue only delays it: the request succeeds,
 * and the sweep enqueues the job later.
 */
async function tryEnqueue<N extends JobName>(
  deps: Deps,
  name: N,
  payload: Payload<N>,
  options: EnqueueOptions,
): Promise<void> {
  try {
    await deps.enqueue(name, payload, options);
  } catch (error) {
    deps.log.warn({ err: error, job: name }, 'job not enqueued; the sweep will enqueue it');
  }
}

/** Enqueues the job that clears the temporary password after the first login. */
export function enqueueFirstLogin(deps: Deps, accountId: string): Promise<void> {
  return tryEnqueue(deps, 'first-login', { accountId }, { key: accountId });
}

/** Enqueues the dispatch of queued emails. */
export function enqueueDispatch(deps: Deps): Promise<void> {
  return tryEnqueue(deps, 'dispatch-messages', {}, { key: 'one' });
}

/** Enqueues the evaluation of a practice's clients after staff changed a decision. */
export function enqueueEvaluation(deps: Deps, practiceId: string): Promise<void> {
  return tryEnqueue(deps, 'evaluate-practice', { practiceId }, { key: practiceId });
}

/** Enqueues a requested sync. */
export function enqueueSync(deps: Deps, runId: string): Promise<void> {
  return tryEnqueue(deps, 'sync-practice', { runId }, { key: runId });
}
