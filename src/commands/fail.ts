import { isProblem } from '../domain/problem.js';
import { scrub } from '../domain/scrub.js';

/** Says on standard error what went wrong and what to do next, and makes the exit status 1. */
export function fail(error: unknown): void {
  process.exitCode = 1;
  if (isProblem(error)) {
    process.stderr.write(
      `\nError: ${error.message}\n${error.help ? `Next:  ${error.help}\n` : ''}(${error.code})\n`,
    );
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`\nError: this was not expected and may be a defect of pims-sync.\n${scrub(text)}\n`);
}
