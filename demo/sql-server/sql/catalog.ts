import type { SqlType } from '../wire/type-info.js';

export interface CatalogColumn {
  /** Name in MariaDB's spelling. */
  name: string;
  type: SqlType;
  nullable: boolean;
}

export interface CatalogTable {
  name: string;
  columns: CatalogColumn[];
}

/** The tables of one database, by lower-case name, because T-SQL names ignore case and MariaDB's tables do not. */
export type Catalog = Map<string, CatalogTable>;

/** Queries MariaDB; returns rows of texts. */
export type Ask = (sql: string) => Promise<(string | null)[][]>;

/** Reads the catalog of a MariaDB database in T-SQL types. Leaves out columns of types that SQL Server lacks. */
export async function readCatalog(ask: Ask): Promise<Catalog> {
  const rows = await ask(
    `SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,
            DATETIME_PRECISION, CHARACTER_SET_NAME, IS_NULLABLE
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION`,
  );
  const catalog: Catalog = new Map();
  for (const row of rows) {
    const [table, name] = row as [string, string];
    const type = typeOf(row);
    const entry = catalog.get(table.toLowerCase()) ?? { name: table, columns: [] };
    catalog.set(table.toLowerCase(), entry);
    if (type !== null) entry.columns.push({ name, type, nullable: row[9] === 'YES' });
  }
  return catalog;
}

const simple: Record<string, SqlType> = {
  smallint: { name: 'smallint' },
  int: { name: 'int' },
  bigint: { name: 'bigint' },
  float: { name: 'real' },
  double: { name: 'float' },
  date: { name: 'date' },
  tinyblob: { name: 'varbinary', length: -1 },
  blob: { name: 'varbinary', length: -1 },
  mediumblob: { name: 'varbinary', length: -1 },
  longblob: { name: 'varbinary', length: -1 },
};

/**
 * Returns the T-SQL type of a column. MariaDB's latin1 is code page 1252, so latin1 columns are varchar and others
 * nvarchar; TINYINT(1) is bit; DECIMAL(19,4) is money; DATETIME without fractions is datetime, with them datetime2;
 * BINARY(16) is uniqueidentifier (see guid.ts).
 */
function typeOf(row: (string | null)[]): SqlType | null {
  const [dataType = '', columnType = ''] = [row[2] ?? '', row[3] ?? ''];
  const length = Number(row[4]);
  const scale = Number(row[7] ?? 0);
  const wide = row[8] !== 'latin1';
  if (simple[dataType] !== undefined) return simple[dataType];
  switch (dataType) {
    case 'tinyint':
      return { name: columnType.startsWith('tinyint(1)') ? 'bit' : 'tinyint' };
    case 'decimal': {
      const [precision, digits] = [Number(row[5]), Number(row[6])];
      if (precision === 19 && digits === 4) return { name: 'money' };
      return { name: 'decimal', precision: Math.min(38, precision), scale: digits };
    }
    case 'datetime':
      return scale === 0 ? { name: 'datetime' } : { name: 'datetime2', scale };
    case 'time':
      return { name: 'time', scale };
    case 'char':
      return { name: wide ? 'nchar' : 'char', length };
    case 'varchar':
      return { name: wide ? 'nvarchar' : 'varchar', length };
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return { name: wide ? 'nvarchar' : 'varchar', length: -1 };
    case 'binary':
      return length === 16 ? { name: 'uniqueidentifier' } : { name: 'binary', length };
    case 'varbinary':
      return { name: 'varbinary', length };
    default:
      return null;
  }
}
