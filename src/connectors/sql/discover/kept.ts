import type { SqlDriver } from '../../drivers/driver.js';
import { findColumn, findTable, type ListedTable } from '../catalog.js';
import { isWords } from './guess.js';
import type { Mapping } from '../mapping.js';

/** What an installation has, as its catalog tells. */
export interface Ground {
  dialect: SqlDriver['dialect'];
  catalog: ListedTable[];
}

export type Joins = Record<string, { table: string; on: Record<string, string> }>;

/** Which references of a mapping stand on this installation, so that nothing that works is proposed again. */
export interface Kept {
  has(reference: string | null): reference is string;
  /** The joins that can be made here. */
  joins: Joins;
  /** In lower case, the columns of the table that these references read: no other field may have them. */
  columnsOf(references: string[]): Set<string>;
}

/** Looks for the columns of one part of a mapping in a table, and in the tables that it joins. */
export function keptOf(
  { dialect, catalog }: Ground,
  table: ListedTable,
  joins: Mapping['clients']['joins'] = {},
): Kept {
  const own = (name: string): ListedTable['columns'][number] | undefined => findColumn(dialect, table, name);
  const standing: Joins = {};
  for (const [name, join] of Object.entries(joins)) {
    const listed = join === null ? undefined : findTable(dialect, catalog, join.table);
    if (join === null || !listed) continue;
    const pairs = Object.entries(join.on).map(([theirs, ours]) => [findColumn(dialect, listed, theirs), own(ours)]);
    // A number that is joined to words finds nothing: such a column is no pointer in this edition.
    if (pairs.every(([theirs, ours]) => theirs && ours && alike(theirs.type, ours.type))) standing[name] = join;
  }

  function has(reference: string | null): reference is string {
    if (reference === null) return false;
    const [join = '', column] = reference.split('.');
    if (column === undefined) return own(reference) !== undefined;
    const listed = standing[join] && findTable(dialect, catalog, standing[join].table);
    return listed !== undefined && findColumn(dialect, listed, column) !== undefined;
  }

  function columnsOf(references: string[]): Set<string> {
    const columns = references.flatMap((reference) => {
      const [join = '', column] = reference.split('.');
      return column === undefined ? [reference] : Object.values(standing[join]?.on ?? {});
    });
    return new Set(columns.map((column) => column.toLowerCase()));
  }

  return { has, joins: standing, columnsOf };
}

/** Some engines tell no type of a view's column. */
const alike = (a: string, b: string): boolean => a === '' || b === '' || isWords(a) === isWords(b);

/** The joins that some of these references read. */
export function joinsOf(joins: Joins, references: (string | null)[]): Joins {
  return Object.fromEntries(
    Object.entries(joins).filter(([name]) => references.some((each) => each?.startsWith(`${name}.`))),
  );
}
