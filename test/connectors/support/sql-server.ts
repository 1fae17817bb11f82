import { randomBytes } from 'node:crypto';
import sql from 'mssql';
import { startTds, type Tds } from '../../../demo/sql-server/server.js';
import { parseGuid, toSorted } from '../../../demo/sql-server/wire/guid.js';
import { mariadb } from './mariadb.js';

type Type =
  | 'int'
  | 'smallint'
  | 'tinyint'
  | 'bit'
  | 'guid'
  | 'datetime'
  | 'date'
  | 'decimal'
  | `nvarchar(${number})`
  | `varchar(${number})`
  | 'char(1)';
/** Table -> column -> type. */
export type Tables = Record<string, Record<string, Type>>;
export type Row = Record<string, string | number | null>;

/** A SQL Server, or the stand-in, with a database `Clinic` for the test. */
export interface SqlServer {
  name: string;
  /** Settings for a connector that reads it. */
  settings: Record<string, unknown>;
  /** Runs plain SQL that both servers understand, to change data. */
  run(...statements: string[]): Promise<void>;
  /** Faults; only the stand-in can fail on demand. */
  tds: Tds | null;
  /** The MariaDB database behind the stand-in. */
  database: string | null;
  stop(): Promise<void>;
}

const reader = { name: 'pims_reader', password: 'r;e}a{d"er' };

/** Starts the server of TEST_MSSQL_URL (mssql://user:password@host:port), or else the stand-in over MariaDB. */
export function sqlServer(tables: Tables, rows: Record<string, Row[]>): Promise<SqlServer> {
  const url = process.env['TEST_MSSQL_URL'];
  return url ? realServer(new URL(url), tables, rows) : standIn(tables, rows);
}

async function standIn(tables: Tables, rows: Record<string, Row[]>): Promise<SqlServer> {
  const body = await mariadb(
    ...Object.entries(tables).map(([table, columns]) =>
      create(table, columns, (type) => mariadbTypes[type] ?? unicode(type)),
    ),
    ...Object.entries(rows).flatMap(([table, all]) =>
      inserts(table, all, tables[table]!, (guid) => `X'${toSorted(parseGuid(guid)!).toString('hex')}'`),
    ),
  );
  const url = new URL(process.env['DATABASE_URL']!);
  const tds = await startTds({ mysqlUrl: url.href, databases: { Clinic: body.database }, users: [reader] });
  const settings = {
    host: tds.host,
    port: tds.port,
    database: 'Clinic',
    user: reader.name,
    password: reader.password,
    encrypt: false,
  };
  return {
    name: 'the TDS stand-in',
    settings,
    tds,
    database: body.database,
    run: async (...statements) => {
      for (const statement of statements) await body.connection.query(statement);
    },
    async stop() {
      await tds.stop();
      await body.drop();
    },
  };
}

async function realServer(url: URL, tables: Tables, rows: Record<string, Row[]>): Promise<SqlServer> {
  const login = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  const where = {
    host: url.hostname,
    port: Number(url.port || 1433),
    encrypt: url.searchParams.get('encrypt') === 'true',
    trustServerCertificate: true,
  };
  const database = `pims_test_${randomBytes(5).toString('hex')}`;
  const { encrypt, trustServerCertificate } = where;
  const connect = (name?: string): Promise<sql.ConnectionPool> =>
    new sql.ConnectionPool({
      server: where.host,
      port: where.port,
      ...login,
      ...(name ? { database: name } : {}),
      options: { encrypt, trustServerCertificate },
    }).connect();
  const admin = await connect();
  await admin.request().batch(`CREATE DATABASE ${database}`);
  const pool = await connect(database);
  const run = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await pool.request().batch(statement);
  };
  await run(
    ...Object.entries(tables).map(([table, columns]) =>
      create(table, columns, (type) =>
        type === 'guid' ? 'uniqueidentifier' : type === 'decimal' ? 'decimal(9,2)' : type,
      ),
    ),
    ...Object.entries(rows).flatMap(([table, all]) => inserts(table, all, tables[table]!, (guid) => `'${guid}'`)),
  );
  return {
    name: 'SQL Server',
    settings: { ...where, database, ...login },
    tds: null,
    database: null,
    run,
    async stop() {
      await pool.close();
      await admin
        .request()
        .batch(`ALTER DATABASE ${database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE ${database}`);
      await admin.close();
    },
  };
}

/** The MariaDB types that the stand-in shows as SQL Server types. */
const mariadbTypes: Partial<Record<Type, string>> = {
  guid: 'binary(16)',
  bit: 'tinyint(1)',
  tinyint: 'tinyint unsigned',
  decimal: 'decimal(9,2)',
  int: 'int',
  smallint: 'smallint',
  datetime: 'datetime',
  date: 'date',
};

const unicode = (type: Type): string => (type.startsWith('n') ? type.slice(1) : `${type} CHARACTER SET latin1`);

function create(table: string, columns: Record<string, Type>, name: (type: Type) => string): string {
  const list = Object.entries(columns).map(
    ([column, type], at) => `${column} ${name(type)}${at === 0 ? ' NOT NULL PRIMARY KEY' : ' NULL'}`,
  );
  return `CREATE TABLE ${table} (${list.join(', ')})`;
}

function inserts(table: string, rows: Row[], columns: Record<string, Type>, guid: (text: string) => string): string[] {
  const literal = (value: string | number | null | undefined, type: Type): string => {
    if (value === null || value === undefined) return 'NULL';
    if (typeof value === 'number') return String(value);
    if (type === 'guid') return guid(value);
    return `${type.startsWith('n') ? 'N' : ''}'${value.replaceAll("'", "''")}'`;
  };
  const names = Object.keys(columns);
  const statements: string[] = [];
  for (let at = 0; at < rows.length; at += 200) {
    const values = rows
      .slice(at, at + 200)
      .map((row) => `(${names.map((name) => literal(row[name], columns[name]!)).join(', ')})`);
    statements.push(`INSERT INTO ${table} (${names.join(', ')}) VALUES ${values.join(', ')}`);
  }
  return statements;
}
