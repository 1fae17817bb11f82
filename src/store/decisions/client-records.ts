import type { Client } from '../../domain/client/client.js';
import { grouped } from '../../lib/group-by.js';
import type { Person } from '../../domain/client/person.js';
import type { Pet, PetStatus, Sex } from '../../domain/client/pet.js';
import type { PracticeContext } from '../../domain/decision/practice-context.js';
import { yieldingChunks, inList } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

/** A client's record and the person derived from it. Valid as long as the row has this fingerprint. */
export interface KnownClient {
  fingerprint: Buffer;
  client: Client;
  person: Person;
}

/** By PIMS id. */
export type KnownClients = ReadonlyMap<string, KnownClient>;

/**
 * Loads the records of these clients. Does not read clients again that are known and unchanged.
 *
 * @param known from `clientsAhead`
 */
export async function knownClients(
  trx: DatabaseTransaction,
  practice: PracticeContext,
  rows: readonly Pick<Row<'pims_clients'>, 'pims_id' | 'fingerprint'>[],
  known: KnownClients,
): Promise<KnownClients> {
  const clients = new Map<string, KnownClient>();
  const unread: string[] = [];
  for (const { pims_id: id, fingerprint } of rows) {
    const before = known.get(id);
    if (before?.fingerprint.equals(fingerprint)) clients.set(id, before);
    else unread.push(id);
  }
  if (unread.length === 0) return clients;
  const records = await recordsOf(trx, practice.id).where('pims_id', 'in', inList(unread)).execute();
  for (const [id, client] of await understand(trx, practice, records)) clients.set(id, client);
  return clients;
}

/**
 * Loads the records of the next clients that wait for evaluation, for the next batch, while this one is written. Reads
 * one snapshot, so that a fingerprint matches its record and its pets.
 */
export async function clientsAhead(
  db: Database,
  practice: PracticeContext,
  after: string,
  limit: number,
): Promise<KnownClients> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      const records = await recordsOf(trx, practice.id)
        .where('needs_evaluation', '=', 1)
        .where('pims_id', '>', after)
        .orderBy('pims_id')
        .limit(limit)
        .execute();
      return understand(trx, practice, records);
    });
}

const recordsOf = (trx: DatabaseTransaction, practiceId: string) =>
  trx.selectFrom('pims_clients').select(['pims_id', 'fingerprint', 'record']).where('practice_id', '=', practiceId);

async function understand(
  trx: DatabaseTransaction,
  practice: PracticeContext,
  rows: readonly Pick<Row<'pims_clients'>, 'pims_id' | 'fingerprint' | 'record'>[],
): Promise<KnownClients> {
  const pets = await petsOf(
    trx,
    practice.id,
    rows.map((row) => row.pims_id),
  );
  const clients = new Map<string, KnownClient>();
  for await (const some of yieldingChunks(rows)) {
    for (const { pims_id: id, fingerprint, record } of some) {
      const client: Client = { ...(JSON.parse(record) as Omit<Client, 'pets'>), pets: pets.get(id) ?? [] };
      clients.set(id, { fingerprint, client, person: practice.personOf(client) });
    }
  }
  return clients;
}

/** Loads the stored pets of these clients, by the client's PIMS id. */
export async function petsOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  ids: readonly string[],
): Promise<Map<string, Pet[]>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('pims_pets')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(ids))
    .execute();
  return grouped(rows, (row) => row.client_pims_id, petOf);
}

/** Converts a stored pet back to the connector's form. */
export function petOf(row: Row<'pims_pets'>): Pet {
  return {
    pimsId: row.pims_id,
    name: row.name,
    species: row.species,
    speciesRaw: row.species_raw,
    breed: row.breed,
    sex: row.sex as Sex,
    neutered: row.neutered === null ? null : row.neutered === 1,
    sexRaw: row.sex_raw,
    bornOn: row.born_on,
    diedOn: row.died_on,
    status: row.status as PetStatus,
    statusRaw: row.status_raw,
    share: row.share,
    primaryOwner: row.primary_owner === 1,
  };
}
