import { setImmediate } from 'node:timers/promises';
import { CompiledQuery, sql, type RawBuilder } from 'kysely';
import { escape } from 'mysql2';
import type { NewRow, Tables } from './tables.js';

/** Rows per bulk statement. Larger statements are no faster (measured) and reach the packet limit sooner. */
const rowsAStatement = 1000;

/**
 * Matches a string without characters that need escaping in single quotes, which avoids escaping it character by
 * character.
 */
const plain = /^[^'\\\0\x1a]*$/;

/** Caches the literal of each Date object, because the rows of a batch share their times. */
const dateTexts = new WeakMap<Date, string>();

/**
 * Rejects values that have no single literal: mysql2 would write an array as a list, an object as assignments, and NaN
 * as a name.
 *
 * @throws TypeError that names the type, never the value
 */
export function checkValue(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`No SQL value: ${value}`);
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('No SQL value: a function');
  if (typeof value !== 'object' || value === null) return;
  if (!Buffer.isBuffer(value) && !(value instanceof Date)) throw new TypeError('No SQL value: an object');
}

/** Formats a value as an SQL literal, under the SQL mode of `session.ts`. */
export function literal(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) ? `'${value}'` : escape(value);
  if (value === null || value === undefined) return 'NULL';
  checkValue(value);
  if (typeof value === 'number') return String(value);
  if (Buffer.isBuffer(value)) return `X'${value.toString('hex')}'`;
  if (!(value instanceof Date)) return escape(value as boolean, true);
  let text = dateTexts.get(value);
  if (text === undefined) dateTexts.set(value, (text = escape(value, true, 'Z')));
  return text;
}

/** Formats the list between the parentheses of `IN ( )`. */
export function literals(values: readonly string[]): string {
  return values.map(literal).join(',');
}

/**
 * Builds the right side of an `IN` with many values. Compiling a placeholder for each value costs several times as
 * much.
 */
export function inList(values: readonly string[]): RawBuilder<string> {
  return sql.raw(`(${literals(values)})`);
}

/** Builds an expression with a value for each key of a column; null for the other keys. */
export function valuesByKey(column: string, values: ReadonlyMap<string, string | null>): RawBuilder<string | null> {
  const cases = [...values].flatMap(([key, value]) =>
    value === null ? [] : [`WHEN ${literal(key)} THEN ${literal(value)}`],
  );
  return sql.raw(cases.length === 0 ? 'NULL' : `CASE ${column} ${cases.join(' ')} END`);
}

/** Items per chunk; keeps each synchronous slice below 0.5 ms. */
const itemsPerChunk = 25;

/** Yields to the event loop between chunks, so that the database's next statement is sent without delay. */
export async function* yieldingChunks<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += itemsPerChunk) {
    yield items.slice(at, at + itemsPerChunk);
    await setImmediate();
  }
}

/** A compiled statement, or null as a yield point while the next one is built. */
export type StatementOrYield = Statement | null;

/** A statement that is ready to run. */
export type Statement = CompiledQuery;

/**
 * Generates INSERT statements of 1,000 rows each. Compiling a placeholder for each value costs several times as much.
 * Builds each statement when the caller takes it, and each row when it is written.
 *
 * @param tail the text after VALUES, such as an ON DUPLICATE KEY clause; always our own text, never input
 */
export function* insertStatements<T extends keyof Tables>(
  table: T,
  rows: Iterable<NewRow<T>>,
  tail = '',
): Generator<StatementOrYield> {
  let columns: (keyof NewRow<T>)[] | null = null;
  let texts: string[] = [];
  const statement = (): CompiledQuery => {
    // Head and tail are joined together with the rows. Concatenating them afterwards would copy the whole text, often a
    // megabyte, once more.
    texts[0] = `INSERT INTO ${table} (${(columns ?? []).map(String).join(', ')}) VALUES (${texts[0]}`;
    texts.push(`${texts.pop()}) ${tail}`);
    const text = texts.join('),(');
    texts = [];
    return CompiledQuery.raw(text);
  };
  for (const row of rows) {
    const names = (columns ??= Object.keys(row) as (keyof NewRow<T>)[]);
    texts.push(names.map((name) => literal(row[name])).join());
    if (texts.length === rowsAStatement) yield statement();
    else if (texts.length % itemsPerChunk === 0) yield null;
  }
  if (texts.length > 0) yield statement();
}

/**
 * Runs statements one after the other and builds the next ones meanwhile. Sends a statement only after the previous one
 * succeeded: after a deadlock it would run outside the transaction, which no longer exists.
 */
export async function executeSequentially(
  db: { executeQuery(statement: CompiledQuery): Promise<unknown> },
  statements: Iterable<StatementOrYield>,
): Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let failed = false;
  try {
    for (const statement of statements) {
      if (statement !== null) {
        running = running.then(() => db.executeQuery(statement));
        running.catch(() => (failed = true));
      }
      // Lets the event loop send the last statement and receive answers before the next one is built.
      await setImmediate();
      if (failed) break;
    }
  } finally {
    await running;
  }
}
