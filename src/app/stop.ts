import type { JobLog } from '../jobs/job-log.js';

/** Resolves with the first signal that asks the process to stop. A second signal exits at once. */
export function onShutdownSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        resolve(signal);
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

/**
 * Exits the process cleanly if a job did not end within the deadline, because the job could keep the process alive
 * forever. Its lock expires, and another worker continues it.
 */
export function exitDespiteHangingJobs(allEnded: boolean, log: JobLog): void {
  if (allEnded) return;
  log.warn({}, 'a job did not end in time; another worker will continue it');
  process.exit(0);
}
