import { basename } from 'node:path';
import { CsvError } from 'csv-parse';
import { PimsProblem } from '../errors.js';

/** Age in milliseconds below which a file without a final line break may still be unfinished. */
export const settledAfterMs = 60_000;

/** Turns errors of a file into problems. Drops the parser's messages, because they quote cells. */
export async function guarded<T>(path: string, signal: AbortSignal | null, work: () => Promise<T>): Promise<T> {
  const name = basename(path);
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PimsProblem) throw error;
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED')
      throw beingWritten(name, 'ends inside a quoted text');
    if (error instanceof CsvError)
      throw new PimsProblem({
        code: 'pims-read-failed',
        message: `${name} cannot be read as CSV near row ${String(error['lines'])} (${error.code}).`,
        help: 'Check that row. The usual cause is an unclosed quote. Then export the file again.',
      });
    throw isSystemError(error) ? fileProblem(path, error) : error;
  }
}

/** Makes the problem of a requested client that cannot be read. */
export function unreadableClient(reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `This client cannot be read. ${reason}`,
    help: 'Correct these rows in the PIMS (a line break, a quote or a delimiter in a text, or the same number in two records), and export the file again.',
  });
}

export function beingWritten(name: string, what: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-busy',
    message: `${name} ${what}.`,
    help: 'The export is probably still running. If this continues, export the file again.',
    retryAt: new Date(Date.now() + settledAfterMs),
  });
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  (error as { syscall?: unknown }).syscall !== undefined;

function fileProblem(path: string, error: NodeJS.ErrnoException): PimsProblem {
  const name = basename(path);
  const unreachable = (message: string, help: string): PimsProblem =>
    new PimsProblem({ code: 'pims-unreachable', message, help, cause: error });
  switch (error.code) {
    case 'EBUSY':
    case 'ETXTBSY':
      return beingWritten(name, 'is locked by another program');
    case 'ENOENT':
    case 'ENOTDIR':
      return unreachable(`There is no file ${path}.`, 'Export it there, or correct `folder` and the file names.');
    case 'EACCES':
    case 'EPERM':
      return unreachable(`No permission to read ${path}.`, 'Give the user that runs pims-sync the right to read it.');
    default:
      return unreachable(`${path} cannot be read (${error.code}).`, 'Check the folder or its network drive.');
  }
}
