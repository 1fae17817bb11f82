import { CompiledQuery } from 'kysely';
import type {
  AccountPet,
  PatientElsewhere,
  PatientRecord,
  Patient,
  PetCopy,
} from '../../domain/account/account-pet.js';
import { accountPets } from '../../domain/account/account-pets.js';
import { grouped } from '../../lib/group-by.js';
import type { PetStatus } from '../../domain/client/pet.js';
import { inList, literals } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import type { Row } from '../db/tables.js';

/** A client record linked to an account, with its patients and the decision about the client. */
export interface LinkedRecord
  extends PatientRecord, Pick<Row<'pims_clients'>, 'verdict' | 'reason' | 'needs_evaluation'> {
  /** False for a record that was merged into a linked one. */
  linked: boolean;
}

export interface PetsOfAccount {
  records: readonly LinkedRecord[];
  copies: readonly PetCopy[];
  elsewhere: readonly PatientElsewhere[];
  pets: readonly AccountPet[];
}

/**
 * Loads the pets of accounts, by account id, in two statements, or three if a confirmed pet is in no current record.
 */
export async function loadAccountPets(
  db: Database | DatabaseTransaction,
  accountIds: readonly string[],
): Promise<Map<string, PetsOfAccount>> {
  const ids = [...new Set(accountIds)];
  if (ids.length === 0) return new Map();
  const records = await recordsOf(db, ids);
  const copies = await copiesOf(db, ids);
  const astray = [...copies].flatMap(([id, some]) => copiesWithoutRecord(some, records.get(id) ?? []));
  const elsewhere = await patientsElsewhere(db, astray);
  return new Map(
    ids.map((id) => {
      const own = records.get(id) ?? [];
      const isLinked = (one: PatientElsewhere) =>
        own.some((record) => record.practiceId === one.practiceId && record.clientPimsId === one.clientPimsId);
      const facts = {
        records: own,
        copies: copies.get(id) ?? [],
        elsewhere: elsewhere.filter((one) => !isLinked(one)),
      };
      return [id, { ...facts, pets: accountPets(facts) }];
    }),
  );
}

async function recordsOf(
  db: Database | DatabaseTransaction,
  accountIds: readonly string[],
): Promise<Map<string, LinkedRecord[]>> {
  const part = (linked: 0 | 1, clientId: string, more = '') => `
    SELECT l.account_id, ${linked} AS linked, c.practice_id, c.pims_id, c.merged_into, c.first_seen_at, c.living,
      c.identity_conflict, c.verdict, c.reason, c.needs_evaluation,
      JSON_UNQUOTE(JSON_EXTRACT(c.record, '$.inactive')) = 'true' AS inactive,
      p.pims_id AS patient, p.name, p.species, p.breed, p.born_on, p.died_on, p.status
    FROM account_links l
    JOIN pims_clients c ON c.practice_id = l.practice_id AND c.${clientId} = l.client_pims_id ${more}
    LEFT JOIN pims_pets p ON p.practice_id = c.practice_id AND p.client_pims_id = c.pims_id
    WHERE l.account_id IN (${literals(accountIds)})`;
  const unlinked = `AND NOT EXISTS (SELECT 1 FROM account_links o
      WHERE o.practice_id = c.practice_id AND o.client_pims_id = c.pims_id AND o.account_id = l.account_id)`;
  const { rows } = await db.executeQuery<RecordRow>(
    CompiledQuery.raw(
      `${part(1, 'pims_id')} UNION ALL ${part(0, 'merged_into', unlinked)} ORDER BY practice_id, pims_id, patient`,
    ),
  );
  const byAccount = grouped(
    rows,
    (row) => row.account_id,
    (row) => row,
  );
  return new Map([...byAccount].map(([id, own]) => [id, recordsIn(own)]));
}

function recordsIn(rows: readonly RecordRow[]): LinkedRecord[] {
  const byClient = grouped(
    rows,
    (row) => `${row.practice_id}/${row.pims_id}`,
    (row) => row,
  );
  return [...byClient.values()].map((own) => {
    const row = own[0] as RecordRow;
    const isStale = row.living === 0 || row.identity_conflict === 1 || row.merged_into !== null;
    return {
      practiceId: row.practice_id,
      clientPimsId: row.pims_id,
      standing: isStale ? 'stale' : row.inactive === 1 ? 'inactive' : 'active',
      mergedInto: row.merged_into,
      firstSeenAt: row.first_seen_at,
      linked: row.linked === 1,
      verdict: row.verdict,
      reason: row.reason,
      needs_evaluation: row.needs_evaluation,
      patients: own.flatMap((one) => (one.patient === null ? [] : [patientOf(one as PatientRow)])),
    };
  });
}

async function copiesOf(
  db: Database | DatabaseTransaction,
  accountIds: readonly string[],
): Promise<Map<string, PetCopy[]>> {
  const rows = await db
    .selectFrom('account_pets')
    .selectAll()
    .where('account_id', 'in', inList(accountIds))
    .orderBy('id')
    .execute();
  return grouped(rows, (row) => row.account_id, copyOf);
}

/** Returns confirmed pets that no current record of the account contains: they may belong to another client now. */
function copiesWithoutRecord(copies: readonly PetCopy[], records: readonly PatientRecord[]): PetCopy[] {
  const current = new Set(
    records
      .filter(({ standing }) => standing !== 'stale')
      .flatMap(({ practiceId, patients }) => patients.map(({ pimsId }) => `${practiceId}/${pimsId}`)),
  );
  return copies.filter(({ practiceId, pimsId }) => practiceId !== null && !current.has(`${practiceId}/${pimsId}`));
}

async function patientsElsewhere(
  db: Database | DatabaseTransaction,
  copies: readonly PetCopy[],
): Promise<PatientElsewhere[]> {
  if (copies.length === 0) return [];
  const rows = await db
    .selectFrom('pims_pets as p')
    .innerJoin('pims_clients as c', (join) =>
      join.onRef('c.practice_id', '=', 'p.practice_id').onRef('c.pims_id', '=', 'p.client_pims_id'),
    )
    .select(['p.practice_id', 'p.client_pims_id', 'p.pims_id as patient', 'p.name', 'p.species', 'p.breed'])
    .select(['p.born_on', 'p.died_on', 'p.status'])
    .where('p.practice_id', 'in', inList([...new Set(copies.map((copy) => copy.practiceId as string))]))
    .where('p.pims_id', 'in', inList([...new Set(copies.map((copy) => copy.pimsId as string))]))
    .where('c.living', '=', 1)
    .where('c.identity_conflict', '=', 0)
    .execute();
  return rows.map((row) => ({
    practiceId: row.practice_id,
    clientPimsId: row.client_pims_id,
    patient: patientOf(row as PatientRow),
  }));
}

type PatientRow = Pick<Row<'pims_pets'>, 'name' | 'species' | 'breed' | 'born_on' | 'died_on' | 'status'> & {
  patient: string;
};

type RecordRow = { account_id: string; linked: number; inactive: number | null } & Pick<
  Row<'pims_clients'>,
  'practice_id' | 'pims_id' | 'merged_into' | 'first_seen_at' | 'living' | 'identity_conflict'
> &
  Pick<Row<'pims_clients'>, 'verdict' | 'reason' | 'needs_evaluation'> & {
    [K in keyof PatientRow]: PatientRow[K] | null;
  };

function patientOf(row: PatientRow): Patient {
  const { patient: pimsId, name, species, breed, born_on: bornOn, died_on: diedOn, status } = row;
  return { pimsId, name, species, breed, bornOn, diedOn, status: status as PetStatus };
}

function copyOf(row: Row<'account_pets'>): PetCopy {
  const { id, practice_id: practiceId, pims_id: pimsId, name, species, breed, born_on: bornOn, state } = row;
  return { id, practiceId, pimsId, name, species, breed, bornOn, state };
}
