import type { CatalogTable, CheckReport } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { catalogQuery } from './dialect.js';
import type { NamedTable } from './named.js';
import { textOf } from './values.js';

/** A table or view as the catalog lists it, with its owner apart. */
export interface ListedTable extends CatalogTable {
  owner: string;
  table: string;
}

/** Every table and view that the login can see. Nothing of what is in them. */
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
    const listed = tables.get(key) ?? { owner, table, name: plain ? table : key, columns: [], rows: null };
    listed.columns.push({ name, type: type.toLowerCase() });
    tables.set(key, listed);
  }
  return [...tables.values()];
}

/** Only PostgreSQL minds the case of a quoted name in every installation. */
function same(dialect: SqlDriver['dialect'], a: string, b: string): boolean {
  return dialect === 'postgresql' ? a === b : a.toLowerCase() === b.toLowerCase();
}

function findTable(
  dialect: SqlDriver['dialect'],
  catalog: ListedTable[],
  name: string,
): ListedTable | undefined {
  const parts = name.split('.');
  const table = parts.at(-1) ?? name;
  const owner = parts.at(-2);
  return catalog.find(
    (listed) =>
      same(dialect, listed.table, table) && (owner === undefined || same(dialect, listed.owner, owner)),
  );
}

/** Proves every named table and column on the live catalog; a missing one is named, with those most like it. */
export function proveNames(
  dialect: SqlDriver['dialect'],
  catalog: ListedTable[],
  named: NamedTable[],
): CheckReport {
  const report: CheckReport = { findings: [], problems: [] };
  for (const { table, path, columns } of named) {
    const listed = findTable(dialect, catalog, table);
    if (!listed) {
      const like = nearest(
        table,
        catalog.map((each) => each.name),
      );
      report.problems.push({
        code: 'pims-schema-differs',
        message: `The PIMS has no table or view ${table} that this login can see${hint(like)}.`,
        help: `Name the right one as \`mapping.${path}.table\`, or let its owner grant SELECT on it to this login.`,
      });
      continue;
    }
    const wanted = new Map(columns.map((each) => [each.column, each.path]));
    let found = 0;
    for (const [column, where] of wanted) {
      if (listed.columns.some(({ name }) => same(dialect, name, column))) {
        found += 1;
        continue;
      }
      const like = nearest(
        column,
        listed.columns.map(({ name }) => name),
      );
      report.problems.push({
        code: 'pims-schema-differs',
        message: `${listed.name} has no column ${column}${hint(like)}.`,
        help: `Name the right one as \`mapping.${where}\`, or null if this PIMS has none.`,
      });
    }
    report.findings.push(`Table ${listed.name}: ${found} of ${wanted.size} columns found.`);
  }
  return report;
}

function hint(like: string[]): string {
  return like.length === 0 ? '' : `; it does have ${like.join(', ')}`;
}

/** Up to three names most like the wanted one, by the share of letter pairs they have in common (Dice). */
export function nearest(wanted: string, names: string[]): string[] {
  return names
    .map((name) => ({ name, score: likeness(wanted, name) }))
    .filter(({ score }) => score >= 0.4)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ name }) => name);
}

function likeness(a: string, b: string): number {
  const one = pairs(a);
  const other = pairs(b);
  const total = one.length + other.length;
  let common = 0;
  for (const pair of one) {
    const at = other.indexOf(pair);
    if (at < 0) continue;
    common += 1;
    other.splice(at, 1);
  }
  return total === 0 ? 0 : (2 * common) / total;
}

function pairs(name: string): string[] {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2));
}
