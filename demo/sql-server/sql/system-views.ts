import type { SqlType } from '../wire/type-info.js';
import type { Catalog, CatalogColumn } from './catalog.js';
import { familyOf, quoteName, quoteText } from './literal.js';
import type { ScopeColumn } from './scope.js';

/** A system view as a derived table: its columns, and the SQL that yields its rows. */
export interface SystemView {
  columns: ScopeColumn[];
  sql: string;
}

type Cell = string | number | null;
const sysname: SqlType = { name: 'nvarchar', length: 128 };
const int: SqlType = { name: 'int' };
const columnsOf: Record<string, ScopeColumn[]> = {
  'information_schema.tables': named(['TABLE_CATALOG', 'TABLE_SCHEMA', 'TABLE_NAME', 'TABLE_TYPE']),
  'information_schema.columns': [
    ...named(['TABLE_CATALOG', 'TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME']),
    { name: 'ORDINAL_POSITION', type: int },
    ...named(['IS_NULLABLE', 'DATA_TYPE']),
    ...named(['CHARACTER_MAXIMUM_LENGTH', 'NUMERIC_PRECISION', 'NUMERIC_SCALE', 'DATETIME_PRECISION'], int),
    ...named(['COLLATION_NAME']),
  ],
};

function named(names: string[], type = sysname): ScopeColumn[] {
  return names.map((name) => ({ name, type }));
}

/** Builds INFORMATION_SCHEMA.TABLES or COLUMNS with the objects that this login may see; null for any other name. */
export function systemView(
  schema: string,
  name: string,
  database: string,
  catalog: Catalog,
  maySee: (table: string, column?: string) => boolean,
): SystemView | null {
  const key = `${schema}.${name}`.toLowerCase();
  const columns = columnsOf[key];
  if (columns === undefined) return null;
  const tables = [...catalog.values()].filter((table) => maySee(table.name));
  const rows: Cell[][] = key.endsWith('.tables')
    ? tables.map((table) => [database, 'dbo', table.name, 'BASE TABLE'])
    : tables.flatMap((table) =>
        table.columns
          .map((column, at) => ({ column, at }))
          .filter(({ column }) => maySee(table.name, column.name))
          .map(({ column, at }) => describe(database, table.name, column, at + 1)),
      );
  return { columns, sql: derivedTable(columns, rows) };
}

function describe(database: string, table: string, { name, type, nullable }: CatalogColumn, position: number): Cell[] {
  const family = familyOf(type);
  const precision = type.name === 'decimal' ? (type.precision ?? 18) : (numberPrecision[type.name] ?? null);
  return [
    ...[database, 'dbo', table, name, position, nullable ? 'YES' : 'NO', type.name],
    family === 'text' || family === 'bytes' ? (type.length ?? 1) : null,
    precision,
    type.name === 'decimal' ? (type.scale ?? 0) : precision === null ? null : 0,
    family === 'date' ? (type.scale ?? (type.name === 'datetime' ? 3 : 0)) : null,
    family === 'text' ? 'SQL_Latin1_General_CP1_CI_AS' : null,
  ];
}

const numberPrecision: Record<string, number> = {
  tinyint: 3,
  smallint: 5,
  int: 10,
  bigint: 19,
  money: 19,
  real: 24,
  float: 53,
};

function derivedTable(columns: ScopeColumn[], rows: Cell[][]): string {
  const cell = (value: Cell): string =>
    value === null ? 'NULL' : typeof value === 'number' ? String(value) : quoteText(value);
  const head = columns.map(({ name }) => `NULL AS ${quoteName(name)}`).join(',');
  // The first row is filtered out; it names the columns even if there is no other row.
  const none = `SELECT ${head} FROM DUAL WHERE 1=0`;
  return [none, ...rows.map((row) => `SELECT ${row.map(cell).join(',')}`)].join(' UNION ALL ');
}
