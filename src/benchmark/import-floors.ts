import { createPool, type Pool } from 'mysql2/promise';
import { randomBytes } from 'node:crypto';

/**
 * The least work that could be done: what the driver and the database take for the same rows with nothing of ours
 * around them. Every figure of ours is told as a ratio to one of these, taken in the same run.
 */

interface OdbcConnection {
  query(sql: string, parameters?: (string | number)[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const clientColumns =
  'client_key, client_number, practice_id, title, first_name, last_name, spouse_first, spouse_last, email, phone1, phone1_label, phone2, phone2_label, phone3, phone3_label, classification, is_inactive, sends_reminders, created_at';
const petColumns = 'patient_key, name, species, breed, sex, is_neutered, birth_date, death_date, is_inactive';

export interface RowCounts {
  clients: number;
  pets: number;
  ownerships: number;
}

/** Reads a practice through bare node-odbc: pages by key, whole, with each page's pets. Keeps nothing. */
export async function bareRead(connectionString: string, pageSize: number): Promise<RowCounts> {
  const odbc = (await import('odbc')) as unknown as {
    default: { connect(connection: string): Promise<OdbcConnection> };
  };
  const connection = await odbc.default.connect(connectionString);
  const counts: RowCounts = { clients: 0, pets: 0, ownerships: 0 };
  try {
    for (let after: number | null = null; ;) {
      const clients: Record<string, unknown>[] = await connection.query(
        `SELECT ${clientColumns} FROM pp_client ${after === null ? '' : 'WHERE client_key > ?'} ORDER BY client_key LIMIT ${pageSize}`,
        ...(after === null ? [] : [[after]]),
      );
      const keys = clients.map((row) => Number(row['client_key']));
      if (keys.length === 0) return counts;
      const ownerships = await connection.query(
        `SELECT patient_key, client_key, ownership_pct, is_primary FROM pp_ownership WHERE client_key IN (${keys.join(',')})`,
      );
      const petKeys = [...new Set(ownerships.map((row) => Number(row['patient_key'])))];
      const pets =
        petKeys.length === 0
          ? []
          : await connection.query(
              `SELECT ${petColumns} FROM pp_patient WHERE patient_key IN (${petKeys.join(',')})`,
            );
      counts.clients += clients.length;
      counts.ownerships += ownerships.length;
      counts.pets += pets.length;
      after = keys.at(-1) as number;
    }
  } finally {
    await connection.close();
  }
}

export const ourTables = [
  'pims_clients',
  'pims_pets',
  'accounts',
  'account_links',
  'temporary_credentials',
  'welcomes',
] as const;

/** How many rows of each of our tables a first import leaves. */
export type OurRows = Record<(typeof ourTables)[number], number>;

/** Inserts as many rows of about the same width into tables of the same keys, 1,000 a statement and transaction. */
export async function bareInsert(databaseUrl: string, rows: OurRows): Promise<void> {
  const pool: Pool = createPool({ uri: databaseUrl, connectionLimit: 1 });
  try {
    for (const [table, count] of Object.entries(rows)) {
      await pool.query(`CREATE TABLE bare_${table} LIKE ${table}`);
      for (let at = 0; at < count; at += 1000) {
        const some = Array.from({ length: Math.min(1000, count - at) }, (_, n) => bareRow(table, at + n));
        const columns = Object.keys(some[0] as object);
        await pool.query(`INSERT INTO bare_${table} (${columns.join(', ')}) VALUES ?`, [
          some.map((row) => Object.values(row)),
        ]);
      }
    }
  } finally {
    for (const table of Object.keys(rows)) await pool.query(`DROP TABLE IF EXISTS bare_${table}`);
    await pool.end();
  }
}

const now = new Date();
const id = (n: number) => String(n).padStart(20, '0');
const tail = (n: number) => `${String(n % 10_000_000).padStart(7, '0')}5551`;
const hex = (n: number) => n.toString(16).padStart(32, '0');
const record = JSON.stringify({ pad: 'x'.repeat(620) });

function bareRow(table: string, n: number): Record<string, unknown> {
  switch (table) {
    case 'pims_clients':
      return {
        practice_id: 'bare', pims_id: String(n), fingerprint: randomBytes(16), display_id: String(n), first_name: 'Margaret',
        last_name: `Whitfield ${n}`, email_key: `margaret.${n}@mail.example`, phone_tail: tail(n),
        other_phone_tail: tail(n + 7), twin_key: hex(n), record,
        first_seen_at: now, changed_at: now, vanished_at: null, living: 1, undecided: 0, settled: 1, verdict: 'invite',
        reason: 'eligible', sentence: null, decided_at: now,
      }; // prettier-ignore
    case 'pims_pets':
      return {
        practice_id: 'bare', client_pims_id: String(n), pims_id: String(n), name: 'Bella', species: 'dog',
        species_raw: 'Canine', breed: 'Labrador', sex: 'female', neutered: 1, sex_raw: 'F', born_on: '2020-02-02',
        died_on: null, status: 'active', status_raw: null, share: 100, primary_owner: 1,
      }; // prettier-ignore
    case 'accounts':
      return { id: id(n), email: `margaret.${n}@mail.example`, email_key: `margaret.${n}@mail.example`, first_name: 'Margaret', last_name: `Whitfield ${n}`, phone: '+15550100123', created_at: now }; // prettier-ignore
    case 'account_links':
      return { practice_id: 'bare', client_pims_id: String(n), account_id: id(n), reason: 'new-account', sentence: 'The account was made for this client, with its address.', made_by: 'rule', linked_at: now }; // prettier-ignore
    case 'temporary_credentials':
      return { account_id: id(n), key_id: 'k1', sealed: randomBytes(42), issued_at: now, expires_at: now };
    default:
      return { id: id(n), practice_id: 'bare', account_id: id(n), client_pims_id: String(n), kind: 'welcome', state: 'owed', due_at: now, created_at: now, changed_at: now, open_key: `welcome.${id(n)}.bare` }; // prettier-ignore
  }
}
