import { cleanText } from '../text.js';

/** Columns by which a file's rows are checked. */
export interface RowColumns {
  /** The column of the rows' own key. */
  key: number;
  /** Columns of keys, names and email addresses, which never contain a line break. */
  oneLine: ReadonlySet<number>;
}

/** The format of a file's rows. */
export interface RowFormat extends RowColumns {
  /** Number of cells in the header. */
  width: number;
  delimiter: string;
}

const tooMany = 'It has more cells than the header: a delimiter in unquoted text?';
const tooFew = 'It has fewer cells than the header: a line break in unquoted text?';
const manyLines = 'A text in it spans lines that look like separate rows: an unclosed quote?';
const bareQuote = 'A quoted text in it contains a single quote: an unclosed quote?';
const brokenName = 'A key, a name or an email address in it has a line break.';

/**
 * Returns a reason why the cells of a row may be wrong, or null. A row with the right number of cells may still consist
 * of several lines: the next row's quote in the same column closes an unclosed quote.
 */
export function whyOdd(cells: string[], raw: string, format: RowFormat): string | null {
  if (cells.length < format.width) return tooFew;
  // Cells beyond the header are harmless if empty; otherwise unquoted text contains a delimiter.
  if (!cells.slice(format.width).every((cell) => cell.trim() === '')) return tooMany;
  let quoted = false;
  for (const [column, cell] of cells.entries()) {
    quoted ||= cell.includes('"');
    if (!hasLineEnd(cell)) continue;
    if (looksLikeRows(cell, column, cells, format)) return manyLines;
    if (format.oneLine.has(column) && hasLineEnd(cell.trim())) return brokenName;
  }
  return quoted && hasBareQuote(raw, format.delimiter) ? bareQuote : null;
}

/** Returns how many lines of the file a row takes. */
export function linesOf(cells: string[]): number {
  return cells.reduce((sum, cell) => (hasLineEnd(cell) ? sum + linesIn(cell).length - 1 : sum), 1);
}

/**
 * Returns the texts that an odd row may have in one of the header's columns. A split cell shifts the cells after it,
 * and an unclosed quote turns the following lines into one cell. Leaves out texts with spaces, because no key has one,
 * so that no words of a split text are exposed. Null if the row contains other lines and the text of one is unknown.
 */
export function textsIn(cells: string[], column: number, { width, delimiter }: RowFormat): string[] | null {
  const moved = cells.length - width;
  // No cell before the first column can shift it.
  const own =
    column === 0 ? cells.slice(0, 1) : moved < 0 ? cells.slice(0, column + 1) : cells.slice(column, column + moved + 1);
  const texts = usable(own);
  let unknown = false;
  let swallowed = false;
  for (const [at, cell] of cells.entries()) {
    if (!hasLineEnd(cell)) continue;
    swallowed = true;
    const [first = [], ...behind] = linesIn(cell).map((line) => line.split(delimiter));
    if (column > at) texts.push(...usable([first[column - at] ?? '']));
    for (const line of behind) {
      const found = usable([line[column] ?? '']);
      texts.push(...found);
      unknown ||= found.length === 0 && line.length >= width;
    }
  }
  return unknown || (swallowed && texts.length === 0) ? null : [...new Set(texts)];
}

function usable(texts: string[]): string[] {
  return texts
    .map((text) => cleanText(text.replaceAll('"', '')))
    .filter((text) => text !== null)
    .filter((text) => text.length <= 128 && !/\s/.test(text));
}

const hasLineEnd = (text: string): boolean => text.includes('\n') || text.includes('\r');
const linesIn = (text: string): string[] => text.split(/\r\n|\n|\r/);

/**
 * Returns whether a cell contains other rows. Notes and addresses have line breaks too. Rows inside an unclosed quote
 * show one of three signs: a line has as many delimiters as the header; the first and the last line have the delimiters
 * that the cell's position requires; or a line has a text like the row's own key in its column.
 */
function looksLikeRows(cell: string, column: number, cells: string[], { width, delimiter, key }: RowFormat): boolean {
  if (width < 2) return false;
  const lines = linesIn(cell).map((line) => line.split(delimiter));
  const delimiters = width - 1;
  const [first = [], ...behind] = lines;
  const last = behind.at(-1) ?? [];
  if (behind.some((line) => line.length > delimiters)) return true;
  if (first.length > delimiters - column && last.length > column) return true;
  return behind.some((line) => line.length > 1 && isLikeKey(line[key] ?? '', cells[key] ?? ''));
}

/** Compares forms: `9002` is like `9001`, and `C-18` like `C-17`. Requires a digit, so that no word is like a key. */
function isLikeKey(text: string, key: string): boolean {
  const [one, other] = [text, key].map((each) => formOf(each.replaceAll('"', '').trim()));
  return /\d/.test(text) && !/\s/.test(text.trim()) && (one === other || (other === '' && one === '9'));
}

function formOf(key: string): string {
  if (/^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(key)) return 'guid';
  return key.replace(/\d+/g, '9').replace(/\p{L}+/gu, 'a');
}

/** Returns whether a quoted text contains a quote that is neither doubled nor at its end. */
function hasBareQuote(raw: string, delimiter: string): boolean {
  for (let at = 0; ;) {
    if (raw[at] !== '"') {
      at = raw.indexOf(delimiter, at) + 1;
      if (at === 0) return false;
      continue;
    }
    at = raw.indexOf('"', at + 1);
    while (at !== -1 && raw[at + 1] === '"') at = raw.indexOf('"', at + 2);
    const next = raw[at + 1];
    if (at === -1 || (next !== delimiter && next !== undefined && next !== '\r' && next !== '\n')) return true;
    if (next !== delimiter) return false;
    at += 2;
  }
}
