import { distance } from 'fastest-levenshtein';
import type { CheckReport } from '../../contract.js';
import type { SqlDriver } from '../../drivers/driver.js';
import { findColumn, findTable, type ListedTable } from '../catalog.js';
import { columnFor } from '../discover/guess.js';
import type { NamedColumn, NamedTable } from './mapped-columns.js';
import { renameHelp } from './rename.js';

/** Proves every named table and column against the live catalog. Reports a missing one with the most similar names. */
export function proveNames(dialect: SqlDriver['dialect'], catalog: ListedTable[], named: NamedTable[]): CheckReport {
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
    const wanted = new Map<string, NamedColumn[]>();
    for (const each of columns) wanted.set(each.column, [...(wanted.get(each.column) ?? []), each]);
    const isThere = ({ column }: NamedColumn): boolean => findColumn(dialect, listed, column) !== undefined;
    const taken = new Set(columns.filter(isThere).map(({ column }) => column.toLowerCase()));
    let found = 0;
    for (const [column, places] of wanted) {
      if (places.every(isThere)) {
        found += 1;
        continue;
      }
      const names = listed.columns.map(({ name }) => name);
      const like = nearest(column, names);
      // A column that the mapping already uses is not the missing one.
      const free = names.filter((name) => !taken.has(name.toLowerCase()));
      const read = places.map(({ path }) => columnFor(path, listed, taken)).find(Boolean);
      const instead = read ?? nearest(column, free, 0.6)[0];
      report.problems.push({
        code: 'pims-schema-differs',
        message: `${listed.name} has no column ${column}${hint([...new Set([...(read ? [read] : []), ...like])])}.`,
        help: renameHelp(places, instead),
      });
    }
    report.findings.push(`Table ${listed.name}: ${found} of ${wanted.size} columns found.`);
  }
  return report;
}

function hint(like: string[]): string {
  return like.length === 0 ? '' : `; it does have ${like.join(', ')}`;
}

/** Returns up to three names most similar to the wanted one, by the share of letters that stay. */
function nearest(wanted: string, names: string[], least = 0.5): string[] {
  return names
    .map((name) => ({ name, score: likeness(letters(wanted), letters(name)) }))
    .filter(({ score }) => score >= least)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ name }) => name);
}

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const likeness = (a: string, b: string): number => 1 - distance(a, b) / Math.max(a.length, b.length, 1);
