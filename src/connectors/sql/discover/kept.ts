import type { SqlDriver } from '../../drivers/driver.js';
import { findColumn, findTable, type ListedTable } from '../catalog.js';
import { isWords } from './guess.js';
import type { Mapping } from '../mapping.js';

/** The tables of an installation, from its catalog. */
export interface Ground {
  dialect: SqlDriver['dialect'];
  catalog: ListedTable[];
}

export type Joins = Record<string, { table: string; on: Record<string, string> }>;

/** The references of a mapping that exist in this installation, so that `discover` keeps them as they are. */
export interface Kept {
  has(reference: string | null): reference is string;
  /** The joins that this installation supports. */
  joins: Joins;
  /** Returns in lower case the columns that these references read; no other field may use them. */
  columnsOf(references: string[]): Set<string>;
}

/** Looks up the columns of one part of a mapping in a table and in the tables that it joins. */
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
    // A number joined to text finds nothing: in this edition the column is no reference.
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

/** Compares types. Some engines report no type for a view's column. */
const alike = (a: string, b: string): boolean => a === '' || b === '' || isWords(a) === isWords(b);

/** Keeps the joins that at least one of these references reads. */
export function joinsOf(joins: Joins, references: (string | null)[]): Joins {
  return Object.fromEntries(
    Object.entries(joins).filter(([name]) => references.some((each) => each?.startsWith(`${name}.`))),
  );
}
