import { datetime2, decimal, text, types, type SqlType } from '../wire/types.js';
import { quoteName, quoteText } from './tokens.js';

export interface CatalogColumn {
  /** Name in MariaDB's spelling. */
  name: string;
  type: SqlType;
}

/** Returns whether a login may read a table, or a column of it. */
export type MaySee = (table: string, column?: string) => boolean;

/** The tables of one database, by lower-case name, because T-SQL names ignore case and MariaDB's tables do not. */
export type Catalog = Map<string, { name: string; columns: CatalogColumn[] }>;

/** Reads the catalog of a MariaDB database in T-SQL types. Leaves out columns of other types. */
export async function readCatalog(query: (sql: string) => Promise<(string | null)[][]>): Promise<Catalog> {
  const rows = await query(
    `SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,
            DATETIME_PRECISION, CHARACTER_SET_NAME
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const catalog: Catalog = new Map();
  for (const row of rows) {
    const [table, name] = row as [string, string];
    const type = typeOf(row);
    const entry = catalog.get(table.toLowerCase()) ?? { name: table, columns: [] };
    catalog.set(table.toLowerCase(), entry);
    if (type !== null) entry.columns.push({ name, type });
  }
  return catalog;
}

const simple: Record<string, SqlType> = {
  smallint: types.smallint,
  int: types.int,
  bigint: types.bigint,
  date: types.date,
  blob: text('varbinary', -1),
  longblob: text('varbinary', -1),
};

/**
 * Returns the T-SQL type of a column. MariaDB's latin1 is code page 1252, so latin1 columns are varchar and others
 * nvarchar; TINYINT(1) is bit; DECIMAL(19,4) is money; DATETIME without fractions is datetime, with them datetime2;
 * BINARY(16) is uniqueidentifier (see guid.ts).
 */
function typeOf(row: (string | null)[]): SqlType | null {
  const [dataType = '', columnType = ''] = [row[2] ?? '', row[3] ?? ''];
  const number = (at: number): number => Number(row[at]);
  const wide = row[8] !== 'latin1';
  if (simple[dataType] !== undefined) return simple[dataType];
  switch (dataType) {
    case 'tinyint':
      return columnType.startsWith('tinyint(1)') ? types.bit : types.tinyint;
    case 'decimal':
      return number(5) === 19 && number(6) === 4 ? types.money : decimal(Math.min(38, number(5)), number(6));
    case 'datetime':
      return number(7) === 0 ? types.datetime : datetime2(number(7));
    case 'char':
    case 'varchar':
      return text(wide ? `n${dataType}` : dataType, number(4));
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return text(wide ? 'nvarchar' : 'varchar', -1);
    case 'binary':
      return number(4) === 16 ? types.uniqueidentifier : text('binary', number(4));
    case 'varbinary':
      return text('varbinary', number(4));
    default:
      return null;
  }
}

/** The columns of INFORMATION_SCHEMA.COLUMNS that the stand-in has. */
export const viewColumns: CatalogColumn[] = [
  ...['TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME', 'DATA_TYPE'].map((name) => ({ name, type: text('nvarchar', 128) })),
  { name: 'ORDINAL_POSITION', type: types.int },
];

/** Returns INFORMATION_SCHEMA.COLUMNS as a derived table with the columns that a login may see. */
export function viewSql(catalog: Catalog, maySee: MaySee): string {
  // The first row is filtered out; it names the columns even if there is no other row.
  const none = `SELECT ${viewColumns.map(({ name }) => `NULL AS ${quoteName(name)}`).join(',')} FROM DUAL WHERE 1=0`;
  const rows = [...catalog.values()].flatMap((table) =>
    table.columns.flatMap(({ name, type }, at) =>
      maySee(table.name, name)
        ? `SELECT ${['dbo', table.name, name, type.name].map(quoteText).join(',')},${at + 1}`
        : [],
    ),
  );
  return `(${[none, ...rows].join(' UNION ALL ')})`;
}
