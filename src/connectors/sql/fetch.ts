import type { Parameter, Row, SqlDriver } from '../drivers/driver.js';
import { fits } from '../drivers/driver.js';
import { keyOf, type KeyType, rawKey } from './keys.js';
import type { Counted, Queries, Query, Span } from './queries.js';
import { lostRows, outOfOrder, wrongKeys } from './read-problems.js';

/** Keys in one `IN (...)`, well below every engine's limit of parameters. */
const keysAtOnce = 500;
/** Attempts for a page whose rows and count differ: staff may have added a client between the two queries. */
const tries = 3;

/** Rows of some clients' pets: `own` by the owner column of the pet, `shared` by the ownerships table. */
export interface PetRowsOfSpan {
  own: Row[];
  shared: Row[];
}

/** A page as the server returned it, before its rows become clients. */
export interface Fetched {
  rows: Row[];
  /** The rows' keys in our form. */
  keys: string[];
  /** The key after which to continue; null on the last page. */
  next: Parameter | null;
  /** The running query for the pets of these clients. Await it to see its failure. */
  pets: Promise<PetRowsOfSpan[]>;
}

export interface Fetch {
  page(after: Parameter | null, size: number, signal: AbortSignal): Promise<Fetched>;
  pets(spans: Span[], signal: AbortSignal): Promise<PetRowsOfSpan[]>;
  /** Returns up to two rows of a query for one client. */
  one(query: Query, signal: AbortSignal): Promise<Row[]>;
  count(query: Query, signal: AbortSignal): Promise<number>;
}

/** Runs all queries of a reader, and verifies that the driver returned every row. */
export function createFetch(
  driver: SqlDriver,
  queries: Queries,
  /** The name of the key in result rows, and its type. */
  key: { column: string; type: KeyType },
  /** Without a filter a span of keys holds only our clients. With a filter the queries list their keys. */
  whole: boolean,
  /** Rewords a driver's problem in terms of the mapping. */
  told: (error: unknown) => unknown,
): Fetch {
  const one = async (query: Query, signal: AbortSignal): Promise<Row[]> => {
    try {
      return await driver.query(query.sql, query.parameters, { signal });
    } catch (error) {
      throw told(error);
    }
  };

  async function count(query: Query, signal: AbortSignal): Promise<number> {
    const [row] = await one(query, signal);
    return Number(row?.n);
  }

  /** Reads the rows of a page and one more, which proves a next page. Verifies a short result by a count. */
  async function pageRows(after: Parameter | null, size: number, signal: AbortSignal): Promise<Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await one(queries.page(after, size + 1), signal);
      if (!driver.losesRows || rows.length > size || rows.length >= (await count(queries.rest(after), signal))) {
        return rows;
      }
      if (attempt === tries) throw lostRows('clients');
    }
  }

  async function countedRows({ rows: query, quick, exact }: Counted, signal: AbortSignal): Promise<Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await one(query, signal);
      if (!driver.losesRows || rows.length >= (await count(quick, signal))) return rows;
      // Only the quick count includes ownerships of deleted pets.
      if (rows.length >= (await count(exact, signal))) return rows;
      if (attempt === tries) throw lostRows('pets');
    }
  }

  async function pets(spans: Span[], signal: AbortSignal): Promise<PetRowsOfSpan[]> {
    const found: PetRowsOfSpan[] = [];
    for (const span of spans) {
      const [own, shared] = [queries.pets(span), queries.ownerships(span)];
      found.push({
        own: own ? await countedRows(own, signal) : [],
        shared: shared ? await countedRows(shared, signal) : [],
      });
    }
    return found;
  }

  return {
    one,
    count,
    pets,
    async page(after, size, signal) {
      const rows = await pageRows(after, size, signal);
      const more = rows.length > size;
      if (more) rows.pop();
      const parameters: Parameter[] = [];
      const order = orderGuard(key.type, after?.value ?? null);
      const keys = rows.map((row) => {
        const raw = row[key.column];
        const clean = keyOf(raw, key.type);
        if (raw === null || raw === undefined || clean === null) throw wrongKeys(key.type);
        const parameter = rawKey(raw, key.type, clean);
        if (!fits(parameter)) throw wrongKeys(key.type);
        order(parameter.value);
        parameters.push(parameter);
        return clean;
      });
      const last = parameters.at(-1);
      if (!last) return { rows, keys, next: null, pets: Promise.resolve([]) };
      const spans = whole ? [{ after, last }] : inLists(parameters);
      const asked = pets(spans, signal);
      asked.catch(() => {});
      return { rows, keys, next: more ? last : null, pets: asked };
    },
  };
}

function inLists(keys: Parameter[]): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce) spans.push({ keys: keys.slice(at, at + keysAtOnce) });
  return spans;
}

/** Checks that each key comes once and in order. Only numbers sort the same here and on the server. */
function orderGuard(keyType: KeyType, after: string | null): (key: string) => void {
  if (keyType === 'integer') {
    let before = after === null ? null : keyNumber(after);
    return (key) => {
      const value = keyNumber(key);
      if (before !== null && value <= before) throw outOfOrder();
      before = value;
    };
  }
  const seen = new Set<string>();
  if (after !== null) seen.add(after);
  return (key) => {
    if (seen.has(key)) throw outOfOrder();
    seen.add(key);
  };
}

/** Converts a key to a number, or to a slower BigInt if it is long; the two can be compared with each other. */
function keyNumber(key: string): number | bigint {
  return key.length < 16 ? Number(key) : BigInt(key);
}
