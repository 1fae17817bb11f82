import { scrub } from '../lib/scrub.js';

/** Where jobs tell what they did. */
export interface JobLog {
  /** What is worth a line only to who looks for it. */
  debug?(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Connection errors repeat many times a second while Redis is away; one line in five seconds is enough. */
export function quietly(log: JobLog): (error: Error) => void {
  // By the steady clock: a wall clock that is set back would keep it silent for as long.
  let last = -Infinity;
  return (error) => {
    if (performance.now() - last < 5000) return;
    last = performance.now();
    log.warn({ error: scrub(error.message) }, 'Redis is away or refuses; work goes on when it is back');
  };
}
