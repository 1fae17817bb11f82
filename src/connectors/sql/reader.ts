import { setImmediate } from 'node:timers/promises';
import type { Client } from '../../domain/client/client.js';
import type { ConnectorContext, Page, ReadOptions, Unreadable } from '../contract.js';
import { today, tomorrow } from '../dates.js';
import { fits, type Parameter, type SqlDriver } from '../drivers/driver.js';
import { compileRows, type Days } from './compile-rows.js';
import { createFetch, type Fetched } from './fetch.js';
import { keyOf, rawKey } from './keys.js';
import { placeMissing } from './mapping/explain-missing-column.js';
import type { Mapping } from './mapping/mapping.js';
import { createQueries } from './queries.js';
import { ambiguous, unreadableClient, wrongCursor, wrongKeys } from './read-problems.js';

export interface Reader {
  clients(options: ReadOptions): AsyncGenerator<Page>;
  client(id: string, signal: AbortSignal): Promise<Client | null>;
}

/** Reads clients with their pets from a database, page by page. Fetches each page completely. */
export function createReader(
  driver: SqlDriver,
  mapping: Mapping,
  context: Pick<ConnectorContext, 'timeZone'>,
  now: () => Date = () => new Date(),
): Reader {
  const { keyType } = mapping.clients;
  const rows = compileRows(mapping, driver.dialect);
  const queries = createQueries(mapping, driver.dialect, rows.selections);
  const whole = Object.values(mapping.clients.where).every((wanted) => wanted === null);
  const fetch = createFetch(driver, queries, { column: rows.key, type: keyType }, whole, (error) =>
    placeMissing(error, mapping),
  );
  const days = (): Days => ({ today: today(now(), context.timeZone), latest: tomorrow(now(), context.timeZone) });

  return {
    async *clients({ cursor, pageSize, signal }) {
      const after = cursor === null ? null : readCursor(cursor, keyType);
      const left = new AbortController();
      const whileWanted = AbortSignal.any([signal, left.signal]);
      let running: Promise<unknown> = Promise.resolve();
      const fetchBehind = (behind: Parameter | null): Promise<Fetched> => {
        const page = fetch.page(behind, pageSize, whileWanted);
        // If the caller stops before it takes this page, its failure is ignored.
        running = page.then(({ pets }) => pets).catch(() => {});
        return page;
      };
      try {
        const keylessRows = after === null ? await fetch.count(queries.keyless(), signal) : 0;
        let before = keyless(keylessRows);
        let coming: Promise<Fetched> | null = fetchBehind(after);
        while (coming !== null) {
          signal.throwIfAborted();
          // Start the next query first, so that the server works while these rows become clients.
          const page: Fetched = await coming;
          await setImmediate();
          const { clients, unreadable } = rows.clients(page.rows.splice(0), page.keys, days());
          const found = await page.pets;
          coming = page.next === null ? null : fetchBehind(page.next);
          await setImmediate();
          const faults = rows.addPets(clients, found.splice(0), days());
          for (const [key, reason] of faults) unreadable.push({ reference: key, reason, mayBe: [key] });
          yield {
            clients: faults.size === 0 ? clients : clients.filter(({ pimsId }) => !faults.has(pimsId)),
            unreadable: [...before, ...unreadable],
            cursor: page.next === null ? null : JSON.stringify({ after: page.next.value }),
          };
          before = [];
        }
      } finally {
        // After an early end of the read, no statement may still run on the connection.
        left.abort(new Error('the caller left the read'));
        await running;
        if (signal.aborted) await driver.close();
      }
    },

    async client(id, signal) {
      const wanted = id.trim();
      const byKey: Parameter = { type: keyType, value: wanted };
      const attempts = [fits(byKey) ? queries.byKey(byKey) : null, queries.byDisplayId(wanted)];
      for (const query of attempts) {
        const [row, second] = query ? await fetch.one(query, signal) : [];
        if (!row) continue;
        const raw = row[rows.key] ?? null;
        const key = keyOf(raw, keyType);
        if (key === null) throw wrongKeys(keyType);
        if (second && keyOf(second[rows.key], keyType) !== key) throw ambiguous(wanted);
        const { clients, unreadable } = rows.clients([row], [key], days());
        const faults = rows.addPets(clients, await fetch.pets([{ keys: [rawKey(raw, keyType, key)] }], signal), days());
        const reason = unreadable[0]?.reason ?? faults.get(key);
        if (reason !== undefined) throw unreadableClient(key, reason);
        return clients[0] ?? null;
      }
      return null;
    },
  };
}

/** Reports rows whose key is NULL. They belong to no known client. */
function keyless(rows: number): Unreadable[] {
  if (rows === 0) return [];
  return [{ reference: 'rows without a key', reason: `${rows} of them have an empty key`, mayBe: [] }];
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
