import { sql } from 'kysely';
import type { Client } from '../../domain/client/client.js';
import { grouped } from '../../lib/group-by.js';
import type { SeenClient } from '../../domain/client/compare-page.js';
import { inList } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { petOf } from '../decisions/client-records.js';

const copied = 'practice_id, pims_id, fingerprint, record, changed_at, missing_since, merged_into, living';

const copies = [
  ['former_pets', 'pims_pets'],
  ['former_undone_facts', 'undone_facts'],
] as const;

/**
 * Copies stored clients before a sync run overwrites them. If there are several copies, the oldest stays, because a
 * failed run has not passed a safety stop either.
 */
export async function keepFormer(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<void> {
  if (pimsIds.length === 0) return;
  for (const [copy, table] of copies) {
    await sql`INSERT INTO ${sql.table(copy)} SELECT t.* FROM ${sql.table(table)} t
      LEFT JOIN former_clients f ON f.practice_id = t.practice_id AND f.pims_id = t.client_pims_id
      WHERE t.practice_id = ${practiceId} AND t.client_pims_id IN ${inList(pimsIds)} AND f.pims_id IS NULL`.execute(
      trx,
    );
  }
  await sql`INSERT IGNORE INTO former_clients (${sql.raw(copied)}) SELECT ${sql.raw(copied)} FROM pims_clients
    WHERE practice_id = ${practiceId} AND pims_id IN ${inList(pimsIds)}`.execute(trx);
}

/** Returns some of the copies; the caller deletes those it has processed. */
export async function someFormer(trx: DatabaseTransaction, practiceId: string, limit: number): Promise<SeenClient[]> {
  const rows = await trx
    .selectFrom('former_clients')
    .select(['pims_id', 'fingerprint', 'record'])
    .where('practice_id', '=', practiceId)
    .limit(limit)
    .execute();
  if (rows.length === 0) return [];
  const found = await trx
    .selectFrom('former_pets')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('client_pims_id', 'in', inList(rows.map((row) => row.pims_id)))
    .execute();
  const pets = grouped(found, (row) => row.client_pims_id, petOf);
  return rows.map((row) => ({
    client: { ...(JSON.parse(row.record) as Omit<Client, 'pets'>), pets: pets.get(row.pims_id) ?? [] },
    fingerprint: row.fingerprint.toString('hex'),
  }));
}

/**
 * Restores the times, flags and undone facts of rewritten clients from their copies; these are not part of the record.
 */
export async function restoreMarks(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<void> {
  await sql`UPDATE pims_clients c
    JOIN former_clients f ON f.practice_id = c.practice_id AND f.pims_id = c.pims_id
    SET c.changed_at = f.changed_at, c.missing_since = f.missing_since, c.merged_into = f.merged_into, c.living = f.living
    WHERE f.practice_id = ${practiceId} AND f.pims_id IN ${inList(pimsIds)}`.execute(trx);
  const ofClients = sql`practice_id = ${practiceId} AND client_pims_id IN ${inList(pimsIds)}`;
  await sql`DELETE FROM undone_facts WHERE ${ofClients}`.execute(trx);
  await sql`INSERT INTO undone_facts SELECT * FROM former_undone_facts WHERE ${ofClients}`.execute(trx);
}

/** Deletes the copies of these clients, or all copies of a practice once a run has passed the safety stop. */
export async function forgetFormer(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsIds?: readonly string[],
): Promise<void> {
  for (const [table, column] of [
    ['former_pets', 'client_pims_id'],
    ['former_undone_facts', 'client_pims_id'],
    ['former_clients', 'pims_id'],
  ] as const) {
    const which = pimsIds ? sql`AND ${sql.ref(column)} IN ${inList(pimsIds)}` : sql``;
    await sql`DELETE FROM ${sql.table(table)} WHERE practice_id = ${practiceId} ${which}`.execute(db);
  }
}
