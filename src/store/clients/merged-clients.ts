import type { Client } from '../../domain/client/client.js';
import { grouped } from '../../lib/group-by.js';
import type { Database } from '../db/database.js';
import { petsOf } from '../decisions/client-records.js';

/** Loads client copies with their pets. */
export async function clientsWithPets(db: Database, practiceId: string, ids: readonly string[]): Promise<Client[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('pims_clients')
    .select('record')
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', ids)
    .execute();
  const pets = await petsOf(db, practiceId, ids);
  return rows.map(({ record }) => {
    const client = JSON.parse(record) as Omit<Client, 'pets'>;
    return { ...client, pets: pets.get(client.pimsId) ?? [] };
  });
}

/** Returns, for each pet, the living clients that have it now, except those in `but`; does not load their pets. */
export async function ownersOfPets(
  db: Database,
  practiceId: string,
  petIds: readonly string[],
  but: ReadonlySet<string>,
): Promise<Map<string, Client[]>> {
  if (petIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('pims_pets as pet')
    .innerJoin('pims_clients as client', (join) =>
      join.onRef('client.practice_id', '=', 'pet.practice_id').onRef('client.pims_id', '=', 'pet.client_pims_id'),
    )
    .select(['pet.pims_id as pet_id', 'client.pims_id', 'client.record'])
    .where('pet.practice_id', '=', practiceId)
    .where('pet.pims_id', 'in', petIds)
    .where('client.living', '=', 1)
    .execute();
  return grouped(
    rows.filter((row) => !but.has(row.pims_id)),
    (row) => row.pet_id,
    (row): Client => ({ ...(JSON.parse(row.record) as Omit<Client, 'pets'>), pets: [] }),
  );
}

/**
 * Returns, for each client, the living clients that may be a newer entry of the same person, with their pets: entered
 * later, with the same email, or the same name and phone.
 */
export async function newerAlike(
  db: Database,
  practiceId: string,
  ids: readonly string[],
): Promise<Map<string, Client[]>> {
  if (ids.length === 0) return new Map();
  // Runs one query per key, because an OR over both would use neither index.
  const found = (key: 'email_key' | 'duplicate_key') =>
    db
      .selectFrom('pims_clients as former')
      .innerJoin('pims_clients as client', (join) =>
        join
          .onRef('client.practice_id', '=', 'former.practice_id')
          .onRef(`client.${key}`, '=', `former.${key}`)
          .onRef('client.first_seen_at', '>', 'former.first_seen_at'),
      )
      .select(['former.pims_id as former', 'client.pims_id'])
      .where('former.practice_id', '=', practiceId)
      .where('former.pims_id', 'in', ids)
      .where('client.living', '=', 1)
      .where('client.identity_conflict', '=', 0);
  const rows = await found('email_key').union(found('duplicate_key')).execute();
  const loaded = await clientsWithPets(db, practiceId, [...new Set(rows.map((row) => row.pims_id))]);
  const clients = new Map(loaded.map((client) => [client.pimsId, client]));
  return grouped(
    rows,
    (row) => row.former,
    (row) => clients.get(row.pims_id) as Client,
  );
}
