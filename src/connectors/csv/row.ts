import { cleanText } from '../text.js';

/** What a file's rows are held against. */
export interface RowColumns {
  /** The column of the rows' own key. */
  key: number;
  /** Columns of keys, names and email addresses, none of which ever has a line end in it. */
  oneLine: ReadonlySet<number>;
}

/** How the rows of one file are written. */
export interface RowFormat extends RowColumns {
  /** Cells of the header. */
  width: number;
  delimiter: string;
}

const tooMany = 'It has more cells than the header: a delimiter in text without quotes?';
const tooFew = 'It has fewer cells than the header: a line end in text without quotes?';
const manyLines = 'A text in it runs over lines that look like rows of their own: a quote that is never closed?';
const bareQuote = 'A quoted text in it has a single quote in its middle: a quote that is never closed?';
const brokenName = 'A key, a name or an email address in it has a line end.';

/**
 * Why the cells of a row may not be what the file's author meant, or null. A row that has the right number of cells may
 * still be made of several lines: a quote that is never closed is closed by the next row's quote in the same column.
 */
export function whyOdd(cells: string[], raw: string, format: RowFormat): string | null {
  if (cells.length < format.width) return tooFew;
  // Cells beyond the header are harmless when they are empty, and else a delimiter in unquoted text.
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

/** How many lines of the file a row takes. */
export function linesOf(cells: string[]): number {
  return cells.reduce((sum, cell) => (hasLineEnd(cell) ? sum + linesIn(cell).length - 1 : sum), 1);
}

/**
 * The texts that an odd row may have in one of the header's columns: a cell that was cut moves those behind it, and a quote
 * that is never closed makes one cell of the lines behind it. No key has a space in it, so that words of a text that was
 * cut are not given out. Null when lines were swallowed and the text of one of them cannot be told.
 */
export function textsIn(cells: string[], column: number, { width, delimiter }: RowFormat): string[] | null {
  const moved = cells.length - width;
  // Nothing stands before the first column that could move it.
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
 * Notes and addresses have line ends, too. Lines that a quote has swallowed give themselves away: behind the line end come
 * as many delimiters as the header has, or, with the rest of the first line, as many as the cell's place asks for, or a
 * line begins with something like the row's own key.
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

/** `9002` and `9001`, or `C-18` and `C-17`: written in one form, with a digit, so that no word of a text is like a key. */
function isLikeKey(text: string, key: string): boolean {
  const [one, other] = [text, key].map((each) => formOf(each.replaceAll('"', '').trim()));
  return /\d/.test(text) && !/\s/.test(text.trim()) && (one === other || (other === '' && one === '9'));
}

function formOf(key: string): string {
  if (/^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(key)) return 'guid';
  return key.replace(/\d+/g, '9').replace(/\p{L}+/gu, 'a');
}

/** True when a text that begins with a quote has another in it that is neither doubled nor ends the text. */
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
