import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import odbc from 'odbc';
import type { Dialect } from '../../../src/connectors/drivers/driver.js';
import { mariadb } from './mariadb.js';

/** A database behind an ODBC driver, empty at first. */
export interface OdbcBody {
  connectionString: string;
  dialect: Dialect;
  run(...statements: string[]): Promise<void>;
  remove(): Promise<void>;
}

export interface OdbcBodyKind {
  name: string;
  /** Returns the database's name for a type of the fixtures. */
  types: Record<string, string>;
  /** Null if it cannot run here; `why` then says what is missing. */
  open: ((prefix?: string) => Promise<OdbcBody>) | null;
  why: string;
}

let files = 0;

/** Creates a SQLite file behind ODBC. */
export async function sqlite(...statements: string[]): Promise<OdbcBody & { path: string }> {
  const path = join(tmpdir(), `pims-sync-test-${process.pid}-${Date.now()}-${(files += 1)}.db`);
  const body = { path, dialect: 'sqlite' as const, ...runner(`Driver=SQLite3;Database=${path}`) };
  await body.run(...statements);
  return { ...body, remove: () => rm(path, { force: true }) };
}

async function mariadbOdbc(): Promise<OdbcBody> {
  const { host, port, user, password, database, drop } = await mariadb();
  const parts = `Driver={MariaDB Unicode};Server=${host};Port=${port};Database=${database};UID=${user};PWD=${password}`;
  return { dialect: 'mysql', ...runner(`${parts};CHARSET=utf8mb4`), remove: drop };
}

/** Lists the ODBC databases of this machine; a missing one says how to install it. */
export const odbcBodies: OdbcBodyKind[] = [
  { name: 'SQLite', types: {}, open: () => sqlite(), why: '' },
  { name: 'MariaDB', types: { timestamp: 'datetime' }, open: mariadbOdbc, why: '' },
  fromEnvironment('PostgreSQL', 'postgresql', 'TEST_POSTGRESQL_ODBC'),
  fromEnvironment('SQL Anywhere', 'sqlanywhere', 'TEST_SQLANYWHERE_ODBC'),
];

/** A database given by the person who runs the tests; its login must be allowed to create tables, which are dropped. */
function fromEnvironment(name: string, dialect: Dialect, variable: string): OdbcBodyKind {
  const connectionString = process.env[variable];
  return {
    name,
    types: {},
    why: `set ${variable} to a connection string to run it`,
    open: connectionString
      ? async (prefix = 'pp') => {
          // Two suites at a time share one database, so each has its own prefix.
          const tables = ['client', 'patient', 'ownership'].map((table) => `${prefix}_${table}`);
          const { run } = runner(connectionString);
          const drop = async (): Promise<void> => {
            for (const table of tables) await run(`DROP TABLE ${table}`).catch(() => {});
          };
          await drop();
          return { connectionString, dialect, run, remove: drop };
        }
      : null,
  };
}

function runner(connectionString: string): Pick<OdbcBody, 'connectionString' | 'run'> {
  return {
    connectionString,
    async run(...statements) {
      const connection = await odbc.connect(connectionString);
      try {
        await connection.beginTransaction();
        for (const statement of statements) await connection.query(statement);
        await connection.commit();
      } finally {
        await connection.close();
      }
    },
  };
}
