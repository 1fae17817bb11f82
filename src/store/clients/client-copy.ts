import type { Client } from '../../domain/client/client.js';
import type { SeenClient, StoredClient } from '../../domain/client/compare-page.js';
import type { PetStatus } from '../../domain/client/pet.js';
import { grouped } from '../../lib/group-by.js';
import { inList } from '../db/bulk.js';
import type { Database } from '../db/database.js';
import { undoneFactsOf } from '../decisions/undone-facts.js';

/**
 * Loads the client copies of these rows, by PIMS id. Pass only rows that changed: on most nights those are very few.
 */
export async function storedClients(
  db: Database,
  practiceId: string,
  rows: readonly SeenClient[],
): Promise<Map<string, StoredClient>> {
  const stored = new Map<string, StoredClient>();
  if (rows.length === 0) return stored;
  const ids = rows.map(({ client }) => client.pimsId);
  const foundQuery = db
    .selectFrom('pims_clients')
    .select(['pims_id', 'fingerprint', 'missing_since', 'identity_conflict'])
    .select(['first_name', 'last_name', 'email_key', 'duplicate_key', 'record'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', inList(ids))
    .execute();
  const [found, pets, undone] = await Promise.all([
    foundQuery,
    storedPets(db, practiceId, ids),
    undoneFactsOf(db, practiceId, ids),
  ]);
  for (const row of found) {
    const record = JSON.parse(row.record) as Omit<Client, 'pets'>;
    const { createdOn, optOut, inactive, deleted } = record;
    const itsPets = pets.get(row.pims_id) ?? [];
    stored.set(row.pims_id, {
      fingerprint: row.fingerprint.toString('hex'),
      missingSince: row.missing_since,
      identityConflict: row.identity_conflict === 1,
      firstName: row.first_name,
      lastName: row.last_name,
      emailKey: row.email_key,
      duplicateKey: row.duplicate_key,
      createdOn,
      record,
      pets: itsPets,
      protects: {
        optOut,
        inactive,
        deleted,
        pets: itsPets,
        undone: undone.get(row.pims_id) ?? [],
      },
    });
  }
  return stored;
}

async function storedPets(db: Database, practiceId: string, clientIds: readonly string[]) {
  const rows = await db
    .selectFrom('pims_pets')
    .select(['client_pims_id', 'pims_id', 'name', 'species', 'born_on', 'died_on', 'status'])
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(clientIds))
    .execute();
  return grouped(
    rows,
    (row) => row.client_pims_id,
    (row) => ({
      pimsId: row.pims_id,
      name: row.name,
      species: row.species,
      bornOn: row.born_on,
      diedOn: row.died_on,
      status: row.status as PetStatus,
    }),
  );
}
