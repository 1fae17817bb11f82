import { lostFaultOf } from '../connectors/package-calls.js';
import { isProblem } from '../lib/problem.js';
import { scrub } from '../lib/scrub.js';

/** Prints the error and the next step to standard error and sets the exit status to 1. */
export async function fail(thrown: unknown): Promise<void> {
  process.exitCode = 1;
  const error = isOfDatabase(thrown) ? (await import('../store/db/database.js')).databaseProblem(thrown) : thrown;
  if (isProblem(error)) {
    process.stderr.write(`\nError: ${error.message}\n${error.help ? `Next:  ${error.help}\n` : ''}(${error.code})\n`);
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nError: an unexpected error, possibly a defect of pims-sync.\n${scrub(text)}\n`);
}

/**
 * Ends the process after an uncaught exception, with the same output as `fail`. Node itself would print every field of
 * the error, and a database driver's error contains the statement with its values.
 */
export function failWithoutData(): void {
  // A failed write, such as on a full disk, must not raise the next exception: that would never end.
  process.stderr.on('error', () => undefined);
  process.on('uncaughtException', (error) => void fail(lostFaultOf(error) ?? error).finally(() => process.exit(1)));
}

/** Whether mysql2 threw it: its errors carry the server's message, or say that the connection is lost. */
function isOfDatabase(thrown: unknown): boolean {
  return thrown instanceof Error && ('sqlMessage' in thrown || 'fatal' in thrown);
}
