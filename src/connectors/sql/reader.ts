import { setImmediate } from 'node:timers/promises';
import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';
import type { ConnectorContext, Page, ReadOptions, Unreadable } from '../contract.js';
import { today, tomorrow } from '../dates.js';
import { fits, type Parameter, type Row, type SqlDriver } from '../drivers/driver.js';
import { compileClientRows } from './client-rows.js';
import { createKeyIndex, keyOf, rawKey } from './keys.js';
import type { Mapping } from './mapping.js';
import { addPet, compileOwnershipRows, inKeyOrder } from './owners.js';
import { compilePetRows } from './pet-rows.js';
import { createFetch, type Fetched, type PetRowsOfSpan } from './fetch.js';
import { placeMissing } from './explain-missing-column.js';
import { createQueries, ownerColumn } from './queries.js';
import { ambiguous, unreadableClient, wrongCursor, wrongKeys } from './read-problems.js';
import { RowFault } from './values.js';

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
  const clientRows = compileClientRows(mapping, driver.dialect);
  const petRows = compilePetRows(mapping, driver.dialect);
  const ownershipRows = compileOwnershipRows(mapping, driver.dialect);
  const queries = createQueries(mapping, driver.dialect, {
    client: clientRows.selection,
    pet: petRows.selection,
    ownership: ownershipRows?.selection ?? null,
  });
  const whole = Object.values(mapping.clients.where).every((wanted) => wanted === null);
  const fetch = createFetch(driver, queries, { column: clientRows.key, type: keyType }, whole, (error) =>
    placeMissing(error, mapping),
  );

  /** Builds the clients of a page without their pets, and lists the unreadable rows. */
  function readClients(rows: Row[], keys: string[]): { clients: Client[]; unreadable: Unreadable[] } {
    const latest = tomorrow(now(), context.timeZone);
    const clients: Client[] = [];
    const unreadable: Unreadable[] = [];
    for (const [at, row] of rows.entries()) {
      const key = keys[at] as string;
      try {
        clients.push(clientRows.read(row, key, latest));
      } catch (error) {
        unreadable.push({ reference: key, reason: reasonOf(error), mayBe: [key] });
      }
    }
    return { clients, unreadable };
  }

  /** Adds the pets to their clients. Returns the reasons for clients with unreadable pets, by key. */
  function addPets(clients: Client[], found: PetRowsOfSpan[]): Map<string, string> {
    const latest = tomorrow(now(), context.timeZone);
    const day = today(now(), context.timeZone);
    const faults = new Map<string, string>();
    const byOwner = createKeyIndex<Client>(keyType);
    for (const client of clients) byOwner.set(client.pimsId, client);

    const take = (row: Row, ownership: Pick<Pet, 'share' | 'primaryOwner'> | null): void => {
      const owner = byOwner.get(keyOf(row[ownerColumn], keyType) ?? '');
      // The PIMS deleted the owner and kept the pet, so there is no one to show it to.
      if (!owner) return;
      try {
        const pet = petRows.read(row, latest);
        addPet(owner, ownership ? Object.assign(pet, ownership) : pet);
      } catch (error) {
        faults.set(owner.pimsId, reasonOf(error));
      }
    };
    for (const { own, shared } of found) {
      for (const row of own) take(row, null);
      for (const row of shared) {
        const ownership = ownershipRows?.read(row, day);
        if (ownership) take(row, ownership);
      }
    }
    for (const { pets } of clients) inKeyOrder(pets);
    return faults;
  }

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
          const { clients, unreadable } = readClients(page.rows.splice(0), page.keys);
          const found = await page.pets;
          coming = page.next === null ? null : fetchBehind(page.next);
          await setImmediate();
          const faults = addPets(clients, found.splice(0));
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
      const latest = tomorrow(now(), context.timeZone);
      const wanted = id.trim();
      const byKey: Parameter = { type: keyType, value: wanted };
      const attempts = [fits(byKey) ? queries.byKey(byKey) : null, queries.byDisplayId(wanted)];
      for (const query of attempts) {
        const [row, second] = query ? await fetch.one(query, signal) : [];
        if (!row) continue;
        const raw = row[clientRows.key] ?? null;
        const key = keyOf(raw, keyType);
        if (key === null) throw wrongKeys(keyType);
        if (second && keyOf(second[clientRows.key], keyType) !== key) throw ambiguous(wanted);
        try {
          const client = clientRows.read(row, key, latest);
          const faults = addPets([client], await fetch.pets([{ keys: [rawKey(raw, keyType, key)] }], signal));
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

function reasonOf(error: unknown): string {
  return error instanceof RowFault ? error.message : 'it could not be read';
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
