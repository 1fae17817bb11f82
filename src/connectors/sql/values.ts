import type { Row, Value } from '../drivers/driver.js';
import { cleanText, decodeBytes, isDamaged } from '../text.js';
import type { Mapping } from './mapping/mapping.js';
import type { Selection } from './selection.js';

/** A row that cannot be read. The message is a reason for people and holds no data of the row. */
export class RowFault extends Error {}

export type Read<T> = (row: Row) => T;

/** Maximum length of a name, an email or a code. Longer text means a wrongly mapped column or a file in the field. */
const longest = 2_000;

/** Converts a value to clean text; null for none. */
export function textOf(value: Value | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return cleanText(value);
  return cleanText(Buffer.isBuffer(value) ? decodeBytes(value) : String(value));
}

/** Reads an optional text column. `what` names it for people if its text is unusable. */
export function text(selection: Selection, reference: string | null, what: string): Read<string | null> {
  if (reference === null) return () => null;
  const name = selection.column(reference);
  return (row) => {
    const clean = textOf(row[name]);
    if (clean !== null && clean.length > longest)
      throw new RowFault(`its ${what} is longer than ${longest} characters`);
    return clean;
  };
}

/** Like `text`, for text that people see: reports text with lost letters as a fault. */
export function shownText(selection: Selection, reference: string | null, what: string): Read<string | null> {
  const read = text(selection, reference, what);
  return (row) => {
    const clean = read(row);
    if (clean !== null && isDamaged(clean)) {
      throw new RowFault(`its ${what} has letters that the connection could not decode; check the character set`);
    }
    return clean;
  };
}

const yes = new Set(['1', '-1', 'true', 't', 'yes', 'y']);
const no = new Set(['0', 'false', 'f', 'no', 'n']);

/** Reads a yes or no in any form that databases and PIMS use; null for none, undefined for another value. */
function booleanOf(value: Value | undefined): boolean | null | undefined {
  if (typeof value === 'boolean' || value === null) return value;
  if (value === 1 || value === '1') return true;
  if (value === 0 || value === '0') return false;
  const word = textOf(value)?.toLowerCase() ?? null;
  if (word === null) return null;
  return yes.has(word) ? true : no.has(word) ? false : undefined;
}

export function boolean(selection: Selection, reference: string | null): Read<boolean | null> {
  if (reference === null) return () => null;
  const name = selection.column(reference);
  return (row) => booleanOf(row[name]) ?? null;
}

/** Reads a share or count; null if it is missing or not a number. */
export function number(selection: Selection, reference: string | null): Read<number | null> {
  if (reference === null) return () => null;
  const name = selection.column(reference);
  return (row) => {
    const clean = textOf(row[name]);
    const value = Number(clean);
    return clean === null || Number.isNaN(value) ? null : value;
  };
}

type Flags = Mapping['clients']['optOut'];

/** The first raised flag, or a flag whose value is neither yes nor no. */
export interface FlagReading {
  /** Its column. */
  raised: string | null;
  /** `COLUMN=value` of a yes-or-no column with another value. */
  unclear: string | null;
}

/** Reads flag columns, each with the values that raise the flag. */
export function flags(selection: Selection, columns: Flags): Read<FlagReading> {
  const tests = Object.entries(columns).flatMap(([reference, wanted]) => {
    if (wanted === null) return [];
    const name = selection.column(reference);
    const list = Array.isArray(wanted) ? wanted : [wanted];
    const words = new Set(list.filter((each) => typeof each !== 'boolean').map((each) => String(each).toLowerCase()));
    const booleans = list.filter((each) => typeof each === 'boolean');
    return [{ reference, name, words, booleans }];
  });
  if (tests.length === 0) return () => clear;
  return (row) => {
    let unclear: string | null = null;
    for (const { reference, name, words, booleans } of tests) {
      const value = row[name];
      if (value === null || value === undefined) continue;
      if (booleans.length > 0) {
        const reading = booleanOf(value);
        if (typeof reading === 'boolean' && booleans.includes(reading)) return { raised: reference, unclear: null };
        if (reading === undefined && words.size === 0) unclear = `${reference}=${textOf(value) ?? ''}`;
      }
      if (words.size > 0 && words.has((textOf(value) ?? '').toLowerCase())) return { raised: reference, unclear: null };
    }
    return unclear === null ? clear : { raised: null, unclear };
  };
}

const clear: FlagReading = { raised: null, unclear: null };
