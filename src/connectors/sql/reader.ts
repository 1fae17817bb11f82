import type { Client } from '../../domain/client.js';
import type { Pet } from '../../domain/pet.js';
import type { ConnectorContext, Page, ReadOptions, Unreadable } from '../contract.js';
import { localStamp, today, tomorrow } from '../dates.js';
import { fits, type Parameter, type Row, type SqlDriver } from '../drivers/driver.js';
import { compileClientRows } from './client-rows.js';
import { createKeyIndex, keyOf, rawKey } from './keys.js';
import type { Mapping } from './mapping.js';
import { addPet, compileOwnershipRows, inKeyOrder } from './owners.js';
import { compilePetRows } from './pet-rows.js';
import { type Counted, createQueries, ownerColumn, type Pass, type Query, type Span } from './queries.js';
import {
  ambiguous,
  lostRows,
  outOfOrder,
  unreadableClient,
  wrongCursor,
  wrongKeys,
} from './read-problems.js';
import { RowFault } from './values.js';

export interface Reader {
  clients(options: ReadOptions): AsyncGenerator<Page>;
  client(id: string, signal: AbortSignal): Promise<Client | null>;
}

/** Keys in one `IN (...)`: well under every engine's limit of parameters. */
const keysAtOnce = 500;
/** A page whose rows and count differ is read again: staff may have added a client between the two. */
const tries = 3;

/** Reads clients with their pets from a database, page by page, each page whole. */
export function createReader(
  driver: SqlDriver,
  mapping: Mapping,
  context: Pick<ConnectorContext, 'timeZone'>,
  now: () => Date = () => new Date(),
): Reader {
  const { keyType } = mapping.clients;
  const clientRows = compileClientRows(mapping, driver.dialect);
  const petRows = compilePetRows(mapping, driver.dialect);
  const ownershipRows = compileOwnershipRows(mapping, driver.dialect);
  const queries = createQueries(mapping, driver.dialect, {
    client: clientRows.selection,
    pet: petRows.selection,
    ownership: ownershipRows?.selection ?? null,
  });
  // A span of keys holds only our own clients when no filter picks among them; else their keys are listed.
  const whole = Object.values(mapping.clients.where).every((wanted) => wanted === null);

  const run = (query: Query, signal: AbortSignal): Promise<Row[]> =>
    driver.query(query.sql, query.parameters, { signal });

  async function count(query: Query, signal: AbortSignal): Promise<number> {
    const [row] = await run(query, signal);
    return Number(row?.n);
  }

  /** Rows of a page and one more, which tells that there is a next page. A short answer is counted. */
  async function pageRows(pass: Pass, size: number, signal: AbortSignal): Promise<Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await run(queries.page(pass, size + 1), signal);
      if (
        !driver.losesRows ||
        rows.length > size ||
        rows.length >= (await count(queries.rest(pass), signal))
      ) {
        return rows;
      }
      if (attempt === tries) throw lostRows('clients');
    }
  }

  async function countedRows({ rows: query, quick, exact }: Counted, signal: AbortSignal): Promise<Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      const rows = await run(query, signal);
      if (!driver.losesRows || rows.length >= (await count(quick, signal))) return rows;
      // Ownerships of pets that are no longer there count in the quick way only.
      if (rows.length >= (await count(exact, signal))) return rows;
      if (attempt === tries) throw lostRows('pets');
    }
  }

  /** Gives clients their pets. Answers with the reasons why some clients' pets could not be read. */
  async function addPets(
    clients: Client[],
    spans: Span[],
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const latest = tomorrow(now(), context.timeZone);
    const day = today(now(), context.timeZone);
    const faults = new Map<string, string>();
    const byOwner = createKeyIndex<Client>(keyType);
    for (const client of clients) byOwner.set(client.pimsId, client);

    const take = (row: Row, ownership: Pick<Pet, 'share' | 'primaryOwner'> | null): void => {
      const owner = byOwner.get(keyOf(row[ownerColumn], keyType) ?? '');
      // The owner was deleted and the pet stayed: nobody to show it to.
      if (!owner) return;
      try {
        const pet = petRows.read(row, latest);
        addPet(owner.pets, ownership ? Object.assign(pet, ownership) : pet);
      } catch (error) {
        faults.set(owner.pimsId, reasonOf(error));
      }
    };

    for (const span of spans) {
      const own = queries.pets(span);
      if (own) for (const row of await countedRows(own, signal)) take(row, null);
      const shared = queries.ownerships(span);
      if (!shared) continue;
      for (const row of await countedRows(shared, signal)) {
        const ownership = ownershipRows?.read(row, day);
        if (ownership) take(row, ownership);
      }
    }
    for (const { pets } of clients) inKeyOrder(pets);
    return faults;
  }

  async function readPage(pass: Pass, size: number, signal: AbortSignal): Promise<Page> {
    const latest = tomorrow(now(), context.timeZone);
    const rows = await pageRows(pass, size, signal);
    const more = rows.length > size;
    if (more) rows.pop();

    const clients: Client[] = [];
    const unreadable: Unreadable[] = [];
    const keys: Parameter[] = [];
    const order = orderGuard(keyType, pass.after?.value ?? null);
    for (const row of rows) {
      const raw = row[clientRows.key];
      const key = keyOf(raw, keyType);
      const parameter = rawKey(raw ?? null, keyType);
      if (raw === null || raw === undefined || key === null || !fits(parameter)) throw wrongKeys(keyType);
      order(parameter.value);
      keys.push(parameter);
      try {
        clients.push(clientRows.read(row, key, latest));
      } catch (error) {
        unreadable.push({ reference: key, reason: reasonOf(error) });
      }
    }
    const last = keys.at(-1);
    if (last) {
      const spans = whole && pass.since === null ? [{ after: pass.after, last }] : inLists(keys);
      const faults = await addPets(clients, spans, signal);
      for (const [reference, reason] of faults) unreadable.push({ reference, reason });
      if (faults.size > 0)
        clients.splice(0, clients.length, ...clients.filter(({ pimsId }) => !faults.has(pimsId)));
    }
    return { clients, unreadable, cursor: more && last ? JSON.stringify({ after: last.value }) : null };
  }

  return {
    async *clients({ cursor, pageSize, signal, since }) {
      let after = cursor === null ? null : readCursor(cursor, keyType);
      const stamp: Parameter | null = since
        ? { type: 'stamp', value: localStamp(since, context.timeZone) }
        : null;
      const left = new AbortController();
      const whileWanted = AbortSignal.any([signal, left.signal]);
      let reading: Promise<Page> | null = null;
      const read = (): Promise<Page> => {
        const page = readPage({ after, since: stamp }, pageSize, whileWanted);
        // When the caller stops before it asks for this page, nobody is told of its failure.
        page.catch(() => {});
        return page;
      };
      try {
        const keylessRows = after === null && stamp === null ? await count(queries.keyless(), signal) : 0;
        reading = read();
        for (let first = true; ; first = false) {
          signal.throwIfAborted();
          const page: Page = await reading;
          if (first) page.unreadable.unshift(...keyless(keylessRows));
          reading = null;
          if (page.cursor !== null) {
            // The next page is fetched while the caller works on this one.
            after = readCursor(page.cursor, keyType);
            reading = read();
          }
          yield page;
          if (reading === null) return;
        }
      } finally {
        // A caller that leaves in the middle gets back a connection on which nothing runs any more.
        left.abort(new Error('nobody reads on'));
        await reading?.catch(() => {});
        if (signal.aborted) await driver.close();
      }
    },

    async client(id, signal) {
      const latest = tomorrow(now(), context.timeZone);
      const wanted = id.trim();
      const byKey: Parameter = { type: keyType, value: wanted };
      const attempts = [fits(byKey) ? queries.byKey(byKey) : null, queries.byDisplayId(wanted)];
      for (const query of attempts) {
        const [row, second] = query ? await run(query, signal) : [];
        if (!row) continue;
        const raw = row[clientRows.key] ?? null;
        const key = keyOf(raw, keyType);
        if (key === null) throw wrongKeys(keyType);
        if (second && keyOf(second[clientRows.key], keyType) !== key) throw ambiguous(wanted);
        try {
          const client = clientRows.read(row, key, latest);
          const faults = await addPets([client], [{ keys: [rawKey(raw, keyType)] }], signal);
          const [fault] = faults.values();
          if (fault !== undefined) throw new RowFault(fault);
          return client;
        } catch (error) {
          if (error instanceof RowFault) throw unreadableClient(key, error.message);
          throw error;
        }
      }
      return null;
    },
  };
}

function inLists(keys: Parameter[]): Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce) spans.push({ keys: keys.slice(at, at + keysAtOnce) });
  return spans;
}

function reasonOf(error: unknown): string {
  return error instanceof RowFault ? error.message : 'it could not be read';
}

function keyless(rows: number): Unreadable[] {
  return rows > 0 ? [{ reference: 'rows without a key', reason: `${rows} of them have an empty key` }] : [];
}

/** Keys must come in the server's own order, each once. Only numbers have the same order on both sides. */
function orderGuard(keyType: Mapping['clients']['keyType'], after: string | null): (key: string) => void {
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

function readCursor(cursor: string, keyType: Mapping['clients']['keyType']): Parameter {
  let after: unknown;
  try {
    ({ after } = JSON.parse(cursor) as { after?: unknown });
  } catch {
    after = undefined;
  }
  const parameter = { type: keyType, value: String(after) };
  if (typeof after === 'string' && fits(parameter)) return parameter;
  throw wrongCursor();
}
