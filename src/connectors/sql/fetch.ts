import type { Parameter, Row, SqlDriver } from '../drivers/driver.js';
import { fits } from '../drivers/driver.js';
import { keyOf, type KeyType, rawKey } from './keys.js';
import type { Counted, Queries, Query, Span } from './queries.js';
import { lostRows, outOfOrder, wrongKeys } from './read-problems.js';

/** Keys in one `IN (...)`: well under every engine's limit of parameters. */
const keysAtOnce = 500;
/** A page whose rows and count differ is read again: staff may have added a client between the two. */
const tries = 3;

/** Rows of some clients' pets: of those that name one owner, and of those that ownerships tell of. */
export interface PetRowsOfSpan {
  own: Row[];
  shared: Row[];
}

/** A page as the server gave it, not yet made into clients. */
export interface Fetched {
  rows: Row[];
  /** The rows' keys as our side knows them. */
  keys: string[];
  /** The key to go on behind; null when this is the last page. */
  next: Parameter | null;
  /** On its way: the pets of these clients. Its failure is met when it is awaited. */
  pets: Promise<PetRowsOfSpan[]>;
}

export interface Fetch {
  page(after: Parameter | null, size: number, signal: AbortSignal): Promise<Fetched>;
  pets(spans: Span[], signal: AbortSignal): Promise<PetRowsOfSpan[]>;
  /** Up to two rows of a query for one client. */
  one(query: Query, signal: AbortSignal): Promise<Row[]>;
  count(query: Query, signal: AbortSignal): Promise<number>;
}

/** Everything that is asked of the server, and proof that its driver gave all of it. */
export function createFetch(
  driver: SqlDriver,
  queries: Queries,
  /** The name of the key in result rows, and its type. */
  key: { column: string; type: KeyType },
  /** A span of keys holds only our own clients when no filter picks among them; else their keys are listed. */
  whole: boolean,
  /** Puts a driver's problem into words of the mapping. */
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

  /** Rows of a page and one more, which tells that there is a next page. A short answer is counted. */
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
      // Ownerships of pets that are no longer there count in the quick way only.
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

/** Keys must come in the server's own order, each once. Only numbers have the same order on both sides. */
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

/** Numbers and big integers compare with each other; most keys fit the faster of the two. */
function keyNumber(key: string): number | bigint {
  return key.length < 16 ? Number(key) : BigInt(key);
}
