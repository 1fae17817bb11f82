import type { EnqueueOptions, JobName, Payload } from '../jobs/catalog.js';
import type { WebDeps } from './deps.js';

type Deps = Pick<WebDeps, 'enqueue' | 'log'>;

/**
 * Asks for a job. What it is to do is in the database already, so a queue that is down only delays it: the sweep asks
 * again, and the person's request goes on.
 */
export async function tryEnqueue<N extends JobName>(
  deps: Deps,
  name: N,
  payload: Payload<N>,
  options: EnqueueOptions,
): Promise<void> {
  try {
    await deps.enqueue(name, payload, options);
  } catch (error) {
    deps.log.warn({ err: error, job: name }, 'job not asked for; the sweep will');
  }
}

/** For the job that destroys the temporary password of who has logged in. */
export function enqueueFirstLogin(deps: Deps, accountId: string): Promise<void> {
  return tryEnqueue(deps, 'first-login', { accountId }, { key: accountId });
}

/** After an email was owed. */
export function enqueueDispatch(deps: Deps): Promise<void> {
  return tryEnqueue(deps, 'dispatch-messages', {}, { key: 'one' });
}

/** After staff changed what is decided about a practice's clients. */
export function enqueueEvaluation(deps: Deps, practiceId: string): Promise<void> {
  return tryEnqueue(deps, 'evaluate-practice', { practiceId }, { key: practiceId });
}

/** After a sync was requested. */
export function enqueueSync(deps: Deps, runId: string): Promise<void> {
  return tryEnqueue(deps, 'sync-practice', { runId }, { key: runId });
}
