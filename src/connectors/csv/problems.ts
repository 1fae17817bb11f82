import { basename } from 'node:path';
import { CsvError } from 'csv-parse';
import { PimsProblem } from '../errors.js';

/** A file without a last line end that was written to so lately may not be finished. */
export const settledAfterMs = 60_000;

/** Turns what a file can throw into problems. Messages of the parser are left behind: they quote cells. */
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
        help: 'Look at that row: a quote opened and never closed is the usual reason. Then export the file again.',
      });
    throw isSystemError(error) ? fileProblem(path, error) : error;
  }
}

/** One client was asked for, and cannot be read for this reason. */
export function unreadableClient(reason: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-read-failed',
    message: `This client cannot be read. ${reason}`,
    help: 'Correct what is in these rows in the PIMS (a line end, a quote or a delimiter in a text, or a number that two records have), and export the file again.',
  });
}

export function beingWritten(name: string, what: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-busy',
    message: `${name} ${what}.`,
    help: 'It is probably still being written. If this stays so, export it again.',
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
      return beingWritten(name, 'is held by another program');
    case 'ENOENT':
    case 'ENOTDIR':
      return unreachable(`There is no file ${path}.`, 'Export it there, or correct `folder` and the file names.');
    case 'EACCES':
    case 'EPERM':
      return unreachable(`${path} may not be read.`, 'Give the user that runs pims-sync the right to read it.');
    default:
      return unreachable(`${path} cannot be read (${error.code}).`, 'Check the folder, or the network drive it is on.');
  }
}
