import type { SqlDriver } from '../drivers/driver.js';
import { catalogQuery } from './dialect.js';
import { textOf } from './values.js';

/** A table or view of the catalog, with its owner as a separate member. */
export interface ListedTable {
  name: string;
  owner: string;
  table: string;
  columns: { name: string; type: string }[];
}

/** Reads every table and view that the login can see, without their content. */
export async function readCatalog(driver: SqlDriver, signal: AbortSignal): Promise<ListedTable[]> {
  const rows = await driver.query(catalogQuery[driver.dialect], [], { signal });
  const tables = new Map<string, ListedTable>();
  const plain = driver.dialect === 'mysql' || driver.dialect === 'sqlite';
  for (const row of rows) {
    const [owner = '', table = '', name = '', type = ''] = [
      'owner_name',
      'table_name',
      'column_name',
      'column_type',
    ].map((column) => textOf(row[column]) ?? '');
    const key = `${owner}.${table}`;
    const listed = tables.get(key) ?? { owner, table, name: plain ? table : key, columns: [] };
    listed.columns.push({ name, type: type.toLowerCase() });
    tables.set(key, listed);
  }
  return [...tables.values()];
}

/** Compares two names. Only PostgreSQL distinguishes the case of a quoted name in every installation. */
function same(dialect: SqlDriver['dialect'], a: string, b: string): boolean {
  return dialect === 'postgresql' ? a === b : a.toLowerCase() === b.toLowerCase();
}

/** Finds the table or view that a mapping names, with or without its owner. */
export function findTable(
  dialect: SqlDriver['dialect'],
  catalog: ListedTable[],
  name: string,
): ListedTable | undefined {
  const parts = name.split('.');
  const table = parts.at(-1) ?? name;
  const owner = parts.at(-2);
  return catalog.find(
    (listed) => same(dialect, listed.table, table) && (owner === undefined || same(dialect, listed.owner, owner)),
  );
}

/** Finds a column of a listed table by its name in a mapping. */
export function findColumn(
  dialect: SqlDriver['dialect'],
  table: ListedTable,
  column: string,
): ListedTable['columns'][number] | undefined {
  return table.columns.find(({ name }) => same(dialect, name, column));
}
