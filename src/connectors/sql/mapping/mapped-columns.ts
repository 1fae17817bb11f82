import type { Mapping } from './mapping.js';
import { parts, referencesIn, type PartName, type Reference } from './references.js';

/** A column that the mapping names, with its place in the mapping. */
export interface NamedColumn {
  column: string;
  /** Path that a configuration can contain: `clients.emails`, not `clients.emails.0`. */
  path: string;
  /** Returns the override that names another column here. */
  rename(column: string): object;
  /** The override that reads no column here; null if the mapping requires one. */
  without: object | null;
}

export interface NamedTable {
  table: string;
  path: string;
  columns: NamedColumn[];
}

/** Lists every table and column that a mapping names. `check` proves them, and the queries select no others. */
export function namedTables(mapping: Mapping): NamedTable[] {
  const tables = (Object.keys(parts) as PartName[]).flatMap((name) => {
    const part = mapping[name];
    const joins = part !== null && 'joins' in part ? part.joins : {};
    return part === null ? [] : withJoins(name, part.table, joins, referencesIn(name, mapping));
  });
  return inOne(tables);
}

/** Merges a table that occurs twice, such as in two joins, so that it is proved once. */
function inOne(tables: NamedTable[]): NamedTable[] {
  const byName = new Map<string, NamedTable>();
  for (const named of tables) {
    const known = byName.get(named.table.toLowerCase());
    if (known) known.columns.push(...named.columns);
    else byName.set(named.table.toLowerCase(), named);
  }
  return [...byName.values()];
}

/** Makes an override of the whole mapping from a path and a value: `a.b` and 1 become `{ a: { b: 1 } }`. */
export function at(path: string, value: unknown): object {
  return path.split('.').reduceRight((inner, name) => ({ [name]: inner }), value) as object;
}

/** Converts a reference to a column of its table. `join` is the name before the dot for a joined table. */
function columnOf({ reference, path, renamed, without }: Reference, join?: string): NamedColumn {
  const before = join === undefined ? '' : `${join}.`;
  return {
    column: reference.slice(before.length),
    path,
    rename: (column) => at(path, renamed(`${before}${column}`)),
    without: without === undefined ? null : at(path, without),
  };
}

/** Splits references into columns of the table and of its joins. A join's condition names columns of both. */
function withJoins(path: string, table: string, joins: Mapping['clients']['joins'], all: Reference[]): NamedTable[] {
  const own: NamedTable = { table, path, columns: [] };
  const tables = [own];
  for (const each of all) {
    if (!each.reference.includes('.')) own.columns.push(columnOf(each));
  }
  for (const [name, join] of Object.entries(joins)) {
    const theirs = all.filter(({ reference }) => reference.startsWith(`${name}.`));
    if (join === null || theirs.length === 0) continue;
    const joined: NamedTable = { table: join.table, path: `${path}.joins.${name}`, columns: [] };
    const on = { path: `${joined.path}.on`, without: undefined };
    for (const [column, ours] of Object.entries(join.on)) {
      const toOther = (other: string): object => ({ [column]: null, [other]: ours });
      joined.columns.push(columnOf({ ...on, reference: column, renamed: toOther }));
      own.columns.push(columnOf({ ...on, reference: ours, renamed: (other) => ({ [column]: other }) }));
    }
    for (const each of theirs) joined.columns.push(columnOf(each, name));
    tables.push(joined);
  }
  return tables;
}
