import type { Client } from '../domain/client.js';
import type { Database } from './database.js';
import { petOf } from './settle-clients.js';

/** Clients as last seen, with their pets, by PIMS id. */
export async function clientsWithPets(
  db: Database,
  practiceId: string,
  ids: readonly string[],
): Promise<{ client: Client }[]> {
  if (ids.length === 0) return [];
  const clients = await db
    .selectFrom('pims_clients')
    .select('record')
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', [...ids])
    .execute();
  const pets = await db
    .selectFrom('pims_pets')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', [...ids])
    .execute();
  return clients.map(({ record }) => {
    const client = JSON.parse(record) as Omit<Client, 'pets'>;
    return {
      client: { ...client, pets: pets.filter((pet) => pet.client_pims_id === client.pimsId).map(petOf) },
    };
  });
}

/** For each pet, the living clients that have it now, but for those in `but`; their pets are not loaded. */
export async function ownersOfPets(
  db: Database,
  practiceId: string,
  petIds: readonly string[],
  but: ReadonlySet<string>,
): Promise<Map<string, Client[]>> {
  const owners = new Map<string, Client[]>();
  if (petIds.length === 0) return owners;
  const rows = await db
    .selectFrom('pims_pets as pet')
    .innerJoin('pims_clients as client', (join) =>
      join
        .onRef('client.practice_id', '=', 'pet.practice_id')
        .onRef('client.pims_id', '=', 'pet.client_pims_id'),
    )
    .select(['pet.pims_id as pet_id', 'client.pims_id', 'client.record'])
    .where('pet.practice_id', '=', practiceId)
    .where('pet.pims_id', 'in', [...petIds])
    .where('client.living', '=', 1)
    .execute();
  for (const row of rows) {
    if (but.has(row.pims_id)) continue;
    const client: Client = { ...(JSON.parse(row.record) as Omit<Client, 'pets'>), pets: [] };
    owners.set(row.pet_id, [...(owners.get(row.pet_id) ?? []), client]);
  }
  return owners;
}
