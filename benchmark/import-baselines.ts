import { createConnection as createStreaming, type Connection as Streaming } from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { openConnection, setSession } from '../src/store/db/session.js';

/**
 * The baselines of an import: the time that the driver and the database need for the same rows without any code of
 * ours. The report gives every figure as a ratio to a baseline taken in the same run.
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

/** Reads a practice through bare node-odbc: page by page in key order, with each page's pets. Keeps nothing. */
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
          : await connection.query(`SELECT ${petColumns} FROM pp_patient WHERE patient_key IN (${petKeys.join(',')})`);
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
  'messages',
] as const;

/** Sort orders: clients and pets in the order of the PIMS, other tables in the order in which rows were inserted. */
const inOrder: Record<(typeof ourTables)[number], string> = {
  pims_clients: 'LENGTH(pims_id), pims_id',
  pims_pets: 'LENGTH(client_pims_id), client_pims_id, pims_id',
  accounts: 'id',
  account_links: 'practice_id, client_pims_id',
  temporary_credentials: 'account_id',
  messages: 'id',
};

const rowsAStatement = 1000;

/**
 * Inserts the rows of a first import once more, 1,000 per statement and transaction, into empty tables with the same
 * keys. It copies the real rows because rows with consecutive keys would cost the database less.
 *
 * @returns the seconds that the statements took, without reading the rows from our tables
 */
export async function bareInsert(databaseUrl: string): Promise<number> {
  const from = createStreaming(databaseUrl);
  setSession(from);
  const to = await openConnection({ uri: databaseUrl });
  try {
    let seconds = 0;
    for (const table of ourTables) {
      const columns = await filledColumns(to, table);
      await to.query(`CREATE TABLE bare_${table} LIKE ${table}`);
      for await (const rows of rowsOf(from, table, columns)) {
        const start = process.hrtime.bigint();
        await to.query(`INSERT INTO bare_${table} (${columns.join(', ')}) VALUES ?`, [rows]);
        seconds += Number(process.hrtime.bigint() - start) / 1e9;
      }
    }
    return seconds;
  } finally {
    for (const table of ourTables) await to.query(`DROP TABLE IF EXISTS bare_${table}`);
    from.destroy();
    await to.end();
  }
}

/** Lists the columns that a bare script would write: without empty columns and without generated ones. */
async function filledColumns(connection: Connection, table: string): Promise<string[]> {
  const [all] = await connection.query<RowDataPacket[]>(
    "SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COALESCE(GENERATION_EXPRESSION, '') = '' ORDER BY ORDINAL_POSITION",
    [table],
  );
  const names = all.map(({ name }) => String(name));
  const [[counts]] = await connection.query<RowDataPacket[]>(
    `SELECT ${names.map((name) => `COUNT(${name}) AS ${name}`).join(', ')} FROM ${table}`,
  );
  return names.filter((name) => Number(counts?.[name]) > 0);
}

async function* rowsOf(
  connection: Streaming,
  table: (typeof ourTables)[number],
  columns: readonly string[],
): AsyncGenerator<unknown[][]> {
  const sql = `SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${inOrder[table]}`;
  const stream = connection.query({ sql, rowsAsArray: true, dateStrings: true }).stream();
  let rows: unknown[][] = [];
  for await (const row of stream as AsyncIterable<unknown[]>) {
    rows.push(row);
    if (rows.length < rowsAStatement) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
