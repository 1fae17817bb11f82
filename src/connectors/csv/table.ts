import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { parse } from 'csv-parse';
import iconv from 'iconv-lite';
import { cleanText } from '../text.js';
import { beingWritten, guarded, settledAfterMs } from './problems.js';
import { survey, type Survey, type TableOptions } from './survey.js';

/** One CSV file, read from its beginning as often as needed. */
export interface Table {
  /** The file's name, for messages. */
  name: string;
  header: string[];
  /**
   * Goes through the rows below the header once. `row` is what a spreadsheet shows in its margin. Rows with another
   * number of cells than the header go to `odd`. Throws `pims-busy` when somebody writes the file meanwhile.
   */
  scan(visit: Visit, odd: Odd, signal: AbortSignal): Promise<void>;
}

export type Visit = (cells: string[], row: number) => void;
/** `texts` tells what the row may have in one of the header's columns. */
export type Odd = (row: number, reason: string, texts: (column: number) => string[]) => void;

/** A row longer than this has a quote that was opened and never closed. */
const longestRow = 1_000_000;

/** Looks at the whole file once for its encoding, delimiter and header; throws a PimsProblem when it cannot be used. */
export async function openTable(path: string, options: TableOptions, signal: AbortSignal): Promise<Table> {
  const name = basename(path);
  const stamp = await stampOf(path);
  const seen = await guarded(path, signal, () => survey(path, options, signal));
  if (seen.size === 0) throw beingWritten(name, 'is empty');
  if (!seen.endsWithLine && Math.abs(Date.now() - stamp.modifiedMs) < settledAfterMs)
    throw beingWritten(name, 'was written a moment ago and does not end with a line end');

  const header = await firstRow(path, seen, signal, name);

  async function scan(visit: Visit, odd: Odd, signal: AbortSignal): Promise<void> {
    let row = 0;
    let short: number | null = null;
    let shortCells: string[] = [];
    const textsOf = (cells: string[]) => (column: number) =>
      textsIn(cells, header.length, column, seen.delimiter);
    const tellShort = (at: number, cells: string[]): void => odd(at, fewer, textsOf(cells));
    await guarded(path, signal, async () => {
      for await (const cells of records(path, seen, signal) as AsyncIterable<string[]>) {
        row++;
        if (row === 1 || (cells.length === 1 && cells[0] === '')) continue;
        if (short !== null) tellShort(short, shortCells);
        [short, shortCells] = cells.length < header.length ? [row, cells] : [null, []];
        if (short !== null) continue;
        // Cells beyond the header are harmless when they are empty, and else a delimiter in unquoted text.
        if (cells.slice(header.length).every((cell) => cell.trim() === '')) visit(cells, row);
        else odd(row, more, textsOf(cells));
      }
    });
    if (short !== null && !seen.endsWithLine) throw beingWritten(name, 'ends in the middle of a row');
    if (short !== null) tellShort(short, shortCells);
    const now = await stampOf(path);
    if (now.size !== stamp.size || now.modifiedMs !== stamp.modifiedMs)
      throw beingWritten(name, 'changed while it was read');
  }

  return { name, header, scan };
}

const more = 'It has more cells than the header: a delimiter in text without quotes?';
const fewer = 'It has fewer cells than the header: a line end in text without quotes?';

/**
 * What a row with too few or too many cells may have in one of the header's columns: a cell that was cut moves those
 * behind it, and a quote that was opened and closed rows later makes one cell of all that stands between. No key has a
 * space in it, so that words of a text that was cut are not given out.
 */
function textsIn(cells: string[], columns: number, column: number, delimiter: string): string[] {
  const moved = cells.length - columns;
  // Nothing stands before the first column that could move it.
  const own =
    column === 0
      ? cells.slice(0, 1)
      : moved < 0
        ? cells.slice(0, column + 1)
        : cells.slice(column, column + moved + 1);
  const swallowed = cells
    .flatMap((cell) => cell.split(/\r?\n|\r/).slice(1))
    .map((line) => line.split(delimiter)[column] ?? '');
  const texts = [...own, ...swallowed].map((text) => cleanText(text.replaceAll('"', '')));
  return [
    ...new Set(texts.filter((text) => text !== null && text.length <= 128 && !/\s/.test(text))),
  ] as string[];
}

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
  return guarded(path, signal, async () => {
    const rows = records(path, seen, signal)[Symbol.asyncIterator]() as AsyncIterator<string[]>;
    const first = await rows.next();
    await rows.return?.();
    if (first.done !== true) return first.value.map((cell) => cell.trim());
    throw beingWritten(name, 'has no header line');
  });
}

async function stampOf(path: string): Promise<{ size: number; modifiedMs: number }> {
  const { size, mtimeMs } = await guarded(path, null, () => stat(path));
  return { size, modifiedMs: mtimeMs };
}
