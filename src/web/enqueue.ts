import type { AskOptions, JobName, Payload } from '../jobs/catalog.js';
import type { WebDeps } from './deps.js';

type Deps = Pick<WebDeps, 'ask' | 'log'>;

/**
 * Asks for a job. What it is to do is in the database already, so a queue that is down only delays it: the sweep asks
 * again, and the person's request goes on.
 */
export async function askQuietly<N extends JobName>(
  deps: Deps,
  name: N,
  payload: Payload<N>,
  options: AskOptions,
): Promise<void> {
  try {
    await deps.ask(name, payload, options);
  } catch (error) {
    deps.log.warn({ err: error, job: name }, 'job not asked for; the sweep will');
  }
}

/** For the job that destroys the temporary password of who has logged in. */
export function askFirstLogin(deps: Deps, accountId: string): Promise<void> {
  return askQuietly(deps, 'first-login', { accountId }, { key: accountId });
}

/** After a mail was owed. */
export function askForMails(deps: Deps): Promise<void> {
  return askQuietly(deps, 'dispatch-welcomes', {}, { key: 'one' });
}

/** After staff changed what is decided about a practice's clients. */
export function askToSettle(deps: Deps, practiceId: string): Promise<void> {
  return askQuietly(deps, 'settle-practice', { practiceId }, { key: practiceId });
}

/** After a sync was requested. */
export function askForSync(deps: Deps, runId: string): Promise<void> {
  return askQuietly(deps, 'sync-practice', { runId }, { key: runId });
}
