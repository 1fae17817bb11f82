import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { parse } from 'csv-parse';
import iconv from 'iconv-lite';
import { beingWritten, guarded, settledAfterMs } from './problems.js';
import { linesOf, textsIn, whyOdd, type RowColumns, type RowFormat } from './row.js';
import { survey, type Survey, type TableOptions } from './detect-format.js';

/** One CSV file, which can be scanned from its beginning any number of times. */
export interface Table {
  /** The file's name, for messages. */
  name: string;
  header: string[];
  /**
   * Visits the rows below the header once. `row` is the row number that a spreadsheet shows. Rows whose cells may be
   * wrong go to `odd`. Throws `pims-busy` if the file changes meanwhile.
   *
   * @returns the number of visited rows, and the number of lines that all rows take
   */
  scan(visit: Visit, odd: Odd, signal: AbortSignal, columns?: RowColumns): Promise<Tally>;
}

export interface Tally {
  rows: number;
  lines: number;
}

type Visit = (cells: string[], row: number) => void;
/** `texts` returns the texts that the row may have in one of the header's columns; null if unknown. */
type Odd = (row: number, reason: string, texts: (column: number) => string[] | null) => void;

const unknownColumns: RowColumns = { key: 0, oneLine: new Set() };

/** Age in milliseconds from which a cut last row is damage and not an export that is still running. */
const exportedWithinMs = 3600_000;

/** Maximum length of a row in characters. A longer row has an unclosed quote. */
const longestRow = 1_000_000;

/** Reads the whole file once for its encoding, delimiter and header. Throws a PimsProblem if it is unusable. */
export async function openTable(path: string, options: TableOptions, signal: AbortSignal): Promise<Table> {
  const name = basename(path);
  const stamp = await stampOf(path);
  const seen = await guarded(path, signal, () => survey(path, options, signal));
  if (seen.size === 0) throw beingWritten(name, 'is empty');
  if (!seen.endsWithLine && isRecent(stamp, settledAfterMs))
    throw beingWritten(name, 'has just been written and has no final line break');

  const header = await firstRow(path, seen, signal, name);

  async function scan(visit: Visit, odd: Odd, signal: AbortSignal, columns = unknownColumns): Promise<Tally> {
    const format: RowFormat = { ...columns, width: header.length, delimiter: seen.delimiter };
    const tally: Tally = { rows: 0, lines: 0 };
    let row = 0;
    /** A row that is too short, held because it may be the file's unfinished last row. */
    let short: (() => void) | null = null;
    await guarded(path, signal, async () => {
      for await (const { record: cells, raw } of records(path, seen, signal) as AsyncIterable<Parsed>) {
        row++;
        if (row <= seen.headerRow || isEndOfFile(cells)) continue;
        short?.();
        short = null;
        tally.lines += linesOf(cells);
        const reason = whyOdd(cells, raw, format);
        if (reason === null) {
          tally.rows++;
          visit(cells, row);
          continue;
        }
        const at = row;
        const tell = (): void => odd(at, reason, (column) => textsIn(cells, column, format));
        if (cells.length < header.length) short = tell;
        else tell();
      }
    });
    if (short !== null && !seen.endsWithLine && isRecent(stamp, exportedWithinMs))
      throw beingWritten(name, 'ends in the middle of a row');
    (short as (() => void) | null)?.();
    const now = await stampOf(path);
    if (now.size !== stamp.size || now.modifiedMs !== stamp.modifiedMs)
      throw beingWritten(name, 'changed while it was read');
    return tally;
  }

  return { name, header, scan };
}

/** A row as cells, and its raw text in the file. */
interface Parsed {
  record: string[];
  raw: string;
}

function records(path: string, { encoding, delimiter }: Survey, signal: AbortSignal): Readable {
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    // `O"Brien` without quotes is common. `whyOdd` finds other misplaced quotes in the raw text.
    relax_quotes: true,
    // Some programs put a space before a quoted text.
    ltrim: true,
    // Without the list, the parser expects the first line break that it finds at every row.
    record_delimiter: ['\r\n', '\n', '\r'],
    raw: true,
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
    const rows = records(path, seen, signal)[Symbol.asyncIterator]() as AsyncIterator<Parsed>;
    let first = await rows.next();
    for (let row = 1; row < seen.headerRow && first.done !== true; row++) first = await rows.next();
    await rows.return?.();
    if (first.done !== true) return first.value.record.map((cell) => cell.trim());
    throw beingWritten(name, 'has no header line');
  });
}

/** Tells whether a row holds nothing, or only the bytes that DOS programs write at the end of a file. */
const isEndOfFile = (cells: string[]): boolean => cells.length === 1 && /^[\x1a\0]*$/.test(cells[0]!);

interface Stamp {
  size: number;
  modifiedMs: number;
}

const isRecent = ({ modifiedMs }: Stamp, withinMs: number): boolean => Math.abs(Date.now() - modifiedMs) < withinMs;

async function stampOf(path: string): Promise<Stamp> {
  const { size, mtimeMs } = await guarded(path, null, () => stat(path));
  return { size, modifiedMs: mtimeMs };
}
