import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';
import type { Unreadable } from '../contract.js';
import type { Dialect, Row } from '../drivers/driver.js';
import { compileClientRows } from './client-rows.js';
import type { PetRowsOfSpan } from './fetch.js';
import { createKeyIndex, keyOf } from './keys.js';
import type { Mapping } from './mapping/mapping.js';
import { addPet, compileOwnershipRows, inKeyOrder } from './owners.js';
import { compilePetRows } from './pet-rows.js';
import { ownerColumn, type Selections } from './queries.js';
import { RowFault } from './values.js';

/** Calendar days of the practice: today, and the last believable day of a record. */
export interface Days {
  today: string;
  latest: string;
}

/** Turns the rows of a database into clients with their pets. */
export interface Rows {
  selections: Selections;
  /** Name of the clients' key in result rows. */
  key: string;
  /** Builds clients without their pets, and lists the unreadable rows. `keys` holds the rows' keys in our form. */
  clients(rows: readonly Row[], keys: readonly string[], days: Days): { clients: Client[]; unreadable: Unreadable[] };
  /** Adds pets to their clients. Returns the reasons for clients with unreadable pets, by key. */
  addPets(clients: readonly Client[], found: readonly PetRowsOfSpan[], days: Days): Map<string, string>;
}

/** Compiles a mapping once, so that each row costs a few property reads and no lookups by field. */
export function compileRows(mapping: Mapping, dialect: Dialect): Rows {
  const { keyType } = mapping.clients;
  const clientRows = compileClientRows(mapping, dialect);
  const petRows = compilePetRows(mapping, dialect);
  const ownershipRows = compileOwnershipRows(mapping, dialect);
  return {
    selections: {
      client: clientRows.selection,
      pet: petRows.selection,
      ownership: ownershipRows?.selection ?? null,
    },
    key: clientRows.key,

    clients(rows, keys, { latest }) {
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
    },

    addPets(clients, found, days) {
      const faults = new Map<string, string>();
      const byOwner = createKeyIndex<Client>(keyType);
      for (const client of clients) byOwner.set(client.pimsId, client);

      const take = (row: Row, ownership: Pick<Pet, 'share' | 'primaryOwner'> | null): void => {
        const owner = byOwner.get(keyOf(row[ownerColumn], keyType) ?? '');
        // The PIMS deleted the owner and kept the pet, so there is no one to show it to.
        if (!owner) return;
        try {
          const pet = petRows.read(row, days.latest);
          addPet(owner, ownership ? Object.assign(pet, ownership) : pet);
        } catch (error) {
          faults.set(owner.pimsId, reasonOf(error));
        }
      };
      for (const { own, shared } of found) {
        for (const row of own) take(row, null);
        for (const row of shared) {
          const ownership = ownershipRows?.read(row, days.today);
          if (ownership) take(row, ownership);
        }
      }
      for (const { pets } of clients) inKeyOrder(pets);
      return faults;
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof RowFault ? error.message : 'it could not be read';
}
