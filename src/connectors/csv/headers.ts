import { PimsProblem } from '../errors.js';
import { cleanText } from '../text.js';
import type { FlagSetting } from './settings.js';

/** Returns a cleaned cell of a kept row; null if it is empty or the export has no such column. */
export type Cell = (row: readonly string[]) => string | null;

/** Finds our fields among the headers of one file, and remembers which columns to keep. */
export interface Headers {
  /** Finds the column that the settings name, or else the first of the usual names that the file has. */
  cell(field: string, wanted: string | null | undefined, usual: string): Cell;
  /** Like `cell`, but the file must have it. */
  needed(field: string, wanted: string | undefined, usual: string): Cell;
  /** Returns a cell with the header of the flag that a row raises, or null. */
  flag(field: string, wanted: FlagSetting, usual: string): Cell;
  /** Keeps only the requested cells of a row: a row of the file can be ten times as wide. */
  keep(cells: string[]): string[];
  /** Our field -> its headers in the file. */
  found: Map<string, string[]>;
  /** Returns the column index of a found field; -1 if the file lacks it. */
  columnOf(field: string): number;
  /** Returns the column indexes of those of these fields that the file has. */
  columnsOf(fields: readonly string[]): Set<number>;
}

/** The few cells that need a closer look: `meaningOf` runs for every cell of a file. */
const mayMeanNothing = /^\s*(="|\(?null|\\N|#N)/i;

/** Fields in which the text `NULL` may be somebody's name. */
const names = new Set(['firstName', 'lastName', 'spouseFirstName', 'spouseLastName', 'companyName', 'name']);

/**
 * Cleans a cell. Unwraps `="Ann"`, which keeps spreadsheets from converting a text. Words that databases and
 * spreadsheets write for an empty cell are null. `Null` is a name in the column of a name, and so is `NULL` if another
 * cell of the row is empty.
 */
function meaningOf(cell: string, isName: boolean, row: readonly string[]): string | null {
  if (!mayMeanNothing.test(cell)) return cleanText(cell);
  const text = cleanText(cell.replace(/^\s*="(.*)"\s*$/, '$1'));
  if (text === null || /^(\(null\)|\\N|#N\/A)$/i.test(text)) return null;
  if (!/^null$/i.test(text)) return text;
  return isName && (text === 'Null' || row.includes('')) ? text : null;
}

const yes = ['yes', 'y', 'true', 't', '1', 'x', '-1'];
const no = ['no', 'n', 'false', 'f', '0'];

/** Tells whether a cell says no. */
export const isNo = (text: string | null): boolean => text !== null && no.includes(text.toLowerCase());

/** Reads a file's headers. Its methods throw `pims-schema-differs` for a named header that is missing or repeated. */
export function findHeaders(file: string, header: string[]): Headers {
  const found = new Map<string, string[]>();
  const kept: number[] = [];
  const folded = header.map(fold);

  function find(name: string): number | undefined {
    const at = folded.indexOf(fold(name));
    if (at !== folded.lastIndexOf(fold(name)))
      throw differs(file, name, `has the header "${name}" more than once`, 'Rename one of the two columns');
    return at === -1 ? undefined : at;
  }

  function cellAt(field: string, at: number): Cell {
    found.set(field, [...(found.get(field) ?? []), header[at]!]);
    if (!kept.includes(at)) kept.push(at);
    const place = kept.indexOf(at);
    const isName = names.has(field);
    return (row) => meaningOf(row[place] ?? '', isName, row);
  }

  function cell(field: string, wanted: string | null | undefined, usual: string): Cell {
    if (wanted === null) return () => null;
    for (const name of wanted === undefined ? namesIn(usual) : [wanted]) {
      const at = find(name);
      if (at !== undefined) return cellAt(field, at);
    }
    if (wanted !== undefined) throw missing(file, wanted, field, header);
    return () => null;
  }

  function needed(field: string, wanted: string | undefined, usual: string): Cell {
    const asked = cell(field, wanted, usual);
    if (!found.has(field)) throw missing(file, namesIn(usual)[0]!, field, header);
    return asked;
  }

  function flag(field: string, wanted: FlagSetting, usual: string): Cell {
    const raisers: Cell[] = [];
    const raise = (name: string, values: string[]): void => {
      const words = new Set(values.map((value) => value.trim().toLowerCase()));
      const value = cell(field, name, '');
      const written = found.get(field)!.at(-1)!;
      raisers.push((row) => (words.has(value(row)?.toLowerCase() ?? '') ? written : null));
    };
    if (typeof wanted === 'string') raise(wanted, yes);
    else if (wanted) for (const [name, values] of Object.entries(wanted)) raise(name, [values].flat());
    else if (wanted === undefined)
      for (const one of namesIn(usual)) {
        const [name = '', value] = one.replace('!', '').split('=');
        if (find(name) !== undefined) raise(name, value ? [value] : one.startsWith('!') ? no : yes);
      }
    return (row) => raisers.map((raised) => raised(row)).find((name) => name !== null) ?? null;
  }

  const columnOf = (field: string): number => header.indexOf(found.get(field)?.[0] ?? '');

  const columnsOf = (fields: readonly string[]): Set<number> =>
    new Set(fields.flatMap((field) => (found.get(field) ?? []).map((name) => header.indexOf(name))));

  return {
    cell,
    needed,
    flag,
    found,
    columnOf,
    columnsOf,
    keep: (cells) => kept.map((at) => cells[at] ?? ''),
  };
}

const namesIn = (usual: string): string[] => (usual === '' ? [] : usual.split(', '));

/** `Client ID`, `client_id` and `CLIENTID` are the same header. */
const fold = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

function missing(file: string, name: string, field: string, header: string[]): PimsProblem {
  const help = header.every(isLikeHeader)
    ? `It has: ${header.join(', ')}. Name the right one as \`${field}\` in the mapping`
    : 'Its first line looks like data. Export it with a line of headers';
  return differs(file, name, `has no header "${name}" for ${field}`, help);
}

/** Tells whether a text can be shown in an error. Of a file without headers, the first line is a client. */
const isLikeHeader = (text: string): boolean => text.length <= 60 && !/@|^[\d\W]*\d[\d\W]*$|[^\P{C}]/u.test(text);

export function differs(file: string, name: string, what: string, help: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-schema-differs',
    message: `${file} ${what}.`,
    help: `${help}, or change the export.`,
    missing: name,
  });
}
