import { scrub } from '../lib/scrub.js';

/** The part of a logger that jobs need. */
export interface JobLog {
  /** For details that matter only while debugging. */
  debug?(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/**
 * Returns an error handler that logs at most one line every five seconds, because connection errors repeat many times a
 * second while Redis is unreachable.
 */
export function quietly(log: JobLog): (error: Error) => void {
  // Uses the monotonic clock: a wall clock that is set back would silence the log for as long.
  let last = -Infinity;
  return (error) => {
    if (performance.now() - last < 5000) return;
    last = performance.now();
    log.warn({ error: scrub(error.message) }, 'Redis is unreachable or refuses; work continues when it answers again');
  };
}
