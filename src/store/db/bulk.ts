import { setImmediate } from 'node:timers/promises';
import { CompiledQuery, sql, type RawBuilder } from 'kysely';
import { escape } from 'mysql2';
import type { NewRow, Tables } from './tables.js';

/** Rows a statement in bulk writes: larger ones gain nothing (measured) and reach the packet limit sooner. */
const rowsAStatement = 1000;

/** Nothing in it means anything inside single quotes, so it needs no look at each character. */
const plain = /^[^'\\\0\x1a]*$/;

/** The rows of a batch share their times. */
const dateTexts = new WeakMap<Date, string>();

/**
 * Refuses what has no one literal: mysql2 would write an array as a list, an object as assignments, and NaN as a name.
 *
 * @throws TypeError that names the type, never the value
 */
export function checkValue(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`No SQL value: ${value}`);
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('No SQL value: a function');
  if (typeof value !== 'object' || value === null) return;
  if (!Buffer.isBuffer(value) && !(value instanceof Date)) throw new TypeError('No SQL value: an object');
}

/** A value as it stands in the text of a statement, under the SQL mode of `session.ts`. */
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

/** What stands between the brackets of `IN ( )`. */
export function literals(values: readonly string[]): string {
  return values.map(literal).join(',');
}

/** The right side of an `IN` for many values: compiled with a placeholder for each it costs several times as much. */
export function inList(values: readonly string[]): RawBuilder<string> {
  return sql.raw(`(${literals(values)})`);
}

/** What is done with so many clients keeps the thread for half a millisecond or less. */
const itemsPerChunk = 25;

/** Many things, some at a time: work that keeps the thread must not keep the database waiting for its next statement. */
export async function* yieldingChunks<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += itemsPerChunk) {
    yield items.slice(at, at + itemsPerChunk);
    await setImmediate();
  }
}

/** A statement; null now and then while one is made, for whoever makes it to look after other things. */
export type StatementOrYield = CompiledQuery | null;

/**
 * The statements that insert many rows, 1,000 each: a compiled statement with a placeholder for each value costs several
 * times as much. Each is made when it is asked for, and each row when it is written down.
 *
 * @param tail what follows VALUES, such as an ON DUPLICATE KEY clause; only ever our own text
 */
export function* insertStatements<T extends keyof Tables>(
  table: T,
  rows: Iterable<NewRow<T>>,
  tail = '',
): Generator<StatementOrYield> {
  let columns: (keyof NewRow<T>)[] | null = null;
  let texts: string[] = [];
  const statement = (): CompiledQuery => {
    // Head and tail are joined with the rows: put around them they would have the whole text, often a megabyte, copied again.
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
 * Runs statements one after the other; while they run, the next are made. None is sent before the one before it has
 * succeeded: after a deadlock it would run outside the transaction, which is gone by then.
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
      // What was made is sent, and what has come is looked at, before the next is made.
      await setImmediate();
      if (failed) break;
    }
  } finally {
    await running;
  }
}
