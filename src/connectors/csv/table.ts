import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import iconv from 'iconv-lite';
import { PimsProblem } from '../errors.js';
import { survey, type Survey } from './survey.js';

/** One CSV file, read from its beginning as often as needed. */
export interface Table {
  /** The file's name, for messages. */
  name: string;
  header: string[];
  /**
   * Goes through the rows below the header once. `row` is what a spreadsheet shows in its margin. Rows with another
   * number of cells than the header go to `odd`. Throws `pims-busy` when somebody writes the file meanwhile.
   */
  scan(visit: Visit, odd: (row: number, reason: string) => void, signal: AbortSignal): Promise<void>;
}

export type Visit = (cells: string[], row: number) => void;

export interface TableOptions {
  encoding: 'auto' | 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';
  delimiter: string;
}

/** A row longer than this has a quote that was opened and never closed. */
const longestRow = 1_000_000;
/** A file without a last line end that was written to so lately may not be finished. */
const settledAfterMs = 60_000;

/** Looks at the whole file once for its encoding, delimiter and header; throws a PimsProblem when it cannot be used. */
export async function openTable(path: string, options: TableOptions, signal: AbortSignal): Promise<Table> {
  const name = basename(path);
  const stamp = await stampOf(path, name);
  const seen = await guarded(name, signal, () => survey(path, options, signal));
  if (seen.size === 0) throw beingWritten(name, 'is empty');
  if (!seen.endsWithLine && Math.abs(Date.now() - stamp.modifiedMs) < settledAfterMs)
    throw beingWritten(name, 'was written a moment ago and does not end with a line end');

  const header = await firstRow(path, seen, signal, name);

  async function scan(
    visit: Visit,
    odd: (row: number, reason: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let row = 0;
    let short: number | null = null;
    await guarded(name, signal, async () => {
      for await (const cells of records(path, seen, signal) as AsyncIterable<string[]>) {
        row++;
        if (row === 1 || (cells.length === 1 && cells[0] === '')) continue;
        if (short !== null) odd(short, fewer);
        short = cells.length < header.length ? row : null;
        if (short !== null) continue;
        // Cells beyond the header are harmless when they are empty, and else a delimiter in unquoted text.
        if (cells.slice(header.length).every((cell) => cell.trim() === '')) visit(cells, row);
        else odd(row, 'It has more cells than the header: a delimiter in text without quotes?');
      }
    });
    if (short !== null && !seen.endsWithLine) throw beingWritten(name, 'ends in the middle of a row');
    if (short !== null) odd(short, fewer);
    const now = await stampOf(path, name);
    if (now.size !== stamp.size || now.modifiedMs !== stamp.modifiedMs)
      throw beingWritten(name, 'changed while it was read');
  }

  return { name, header, scan };
}

const fewer = 'It has fewer cells than the header: a line end in text without quotes?';

function records(path: string, { encoding, delimiter }: Survey, signal: AbortSignal): Readable {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true, // `O"Brien` unquoted is common; a row is never lost for it
    skip_empty_lines: true,
    max_record_size: longestRow,
  });
  const bytes = createReadStream(path, { signal });
  // The callback is empty because the same error ends the iteration of the parser.
  if (encoding === 'utf-8') pipeline(bytes, parser, () => {});
  else pipeline(bytes, iconv.decodeStream(encoding), parser, () => {});
  return parser;
}

async function firstRow(path: string, seen: Survey, signal: AbortSignal, name: string): Promise<string[]> {
  return guarded(name, signal, async () => {
    for await (const cells of records(path, seen, signal) as AsyncIterable<string[]>)
      return cells.map((cell) => cell.trim());
    throw beingWritten(name, 'has no header line');
  });
}

async function stampOf(path: string, name: string): Promise<{ size: number; modifiedMs: number }> {
  const { size, mtimeMs } = await guarded(name, null, () => stat(path));
  return { size, modifiedMs: mtimeMs };
}

/** Turns what a file can throw into problems. Messages of the parser are left behind: they quote cells. */
async function guarded<T>(name: string, signal: AbortSignal | null, work: () => Promise<T>): Promise<T> {
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
        message: `${name} cannot be read as CSV near row ${error['lines'] ?? '?'} (${error.code}).`,
        help: 'Look at that row: a quote opened and never closed is the usual reason. Then export the file again.',
      });
    throw fileProblem(name, error);
  }
}

function beingWritten(name: string, what: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-busy',
    message: `${name} ${what}.`,
    help: 'It is probably still being written. If this stays so, export it again.',
    retryAt: new Date(Date.now() + settledAfterMs),
  });
}

function fileProblem(name: string, error: unknown): PimsProblem {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EBUSY' || code === 'ETXTBSY') return beingWritten(name, 'is held by another program');
  const [message, help] =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? [
          `There is no file ${name} in the folder.`,
          'Export it there, or correct `folder` and the file names.',
        ]
      : code === 'EACCES' || code === 'EPERM'
        ? [`${name} may not be read by this user.`, 'Give the user that runs pims-sync the right to read it.']
        : [
            `${name} cannot be read (${code ?? 'unknown reason'}).`,
            'Check the folder, or the network drive it is on.',
          ];
  return new PimsProblem({ code: 'pims-unreachable', message, help, cause: error });
}
