import type { JobLog } from '../jobs/job-log.js';

/** Resolves with the first signal that asks the process to end. A second one ends it at once. */
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
 * Ends this process, in good order, when a job would not end within the deadline: whatever it waits for could hold the
 * process for ever. Its lock runs out, and another worker goes on with it.
 */
export function leaveWhatHangs(allEnded: boolean, log: JobLog): void {
  if (allEnded) return;
  log.warn({}, 'a job did not end in time; it is left to another worker');
  process.exit(0);
}
