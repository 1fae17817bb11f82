import { lostFaultOf } from '../connectors/package-calls.js';
import { isProblem } from '../lib/problem.js';
import { scrub } from '../lib/scrub.js';

/** Says on standard error what went wrong and what to do next, and makes the exit status 1. */
export async function fail(thrown: unknown): Promise<void> {
  process.exitCode = 1;
  const error = isOfDatabase(thrown) ? (await import('../store/db/database.js')).databaseProblem(thrown) : thrown;
  if (isProblem(error)) {
    process.stderr.write(`\nError: ${error.message}\n${error.help ? `Next:  ${error.help}\n` : ''}(${error.code})\n`);
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nError: this was not expected and may be a defect of pims-sync.\n${scrub(text)}\n`);
}

/**
 * What nobody caught ends the process in the same words. Node itself would print every field of the error: a database
 * driver's holds the statement with its values.
 */
export function failWithoutData(): void {
  // What cannot be said, on a full disk, must not be the next thing to fail: it would fail for ever.
  process.stderr.on('error', () => undefined);
  process.on('uncaughtException', (error) => void fail(lostFaultOf(error) ?? error).finally(() => process.exit(1)));
}

/** Whether mysql2 made it: its errors carry what the server said, or that the connection is gone. */
function isOfDatabase(thrown: unknown): boolean {
  return thrown instanceof Error && ('sqlMessage' in thrown || 'fatal' in thrown);
}
