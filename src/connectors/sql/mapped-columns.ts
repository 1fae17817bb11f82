import type { Mapping } from './mapping.js';
import {
  clientFields,
  emails,
  flagged,
  ofPhone,
  ownershipFields,
  petFields,
  type Reference,
  references,
} from './discover/references.js';

/** A column that the mapping names, and where in the mapping it does. */
export interface NamedColumn {
  column: string;
  /** A place that can be written in a configuration: `clients.emails`, not `clients.emails.0`. */
  path: string;
  /** What an installation lays over the mapping to name another column here. */
  rename(column: string): object;
  /** What it lays over the mapping to read none here; null where the mapping cannot do without. */
  without: object | null;
}

export interface NamedTable {
  table: string;
  path: string;
  columns: NamedColumn[];
}

/** Every table and column that a mapping names: what `check` proves, and all that is ever selected. */
export function namedTables(mapping: Mapping): NamedTable[] {
  const { clients, pets, ownerships } = mapping;
  const tables = [
    ...withJoins('clients', clients.table, clients.joins, [
      ...references('clients', clients, clientFields),
      ...emails(clients.emails),
      ...Object.entries(clients.phones).flatMap(([name, phone]) =>
        phone === null ? [] : ofPhone(`clients.phones.${name}`, phone),
      ),
      // Without its filter another practice's clients would be read, so nothing offers to take it away.
      ...flagged('clients', clients, ['where']).map((each) => ({ ...each, without: undefined })),
      ...flagged('clients', clients, ['inactive', 'deleted', 'optOut']),
    ]),
    ...withJoins('pets', pets.table, pets.joins, [
      ...references('pets', pets, petFields),
      ...flagged('pets', pets, ['inactive', 'deceased', 'deleted']),
    ]),
  ];
  if (ownerships) {
    tables.push(
      ...withJoins('ownerships', ownerships.table, {}, [
        ...references('ownerships', ownerships, ownershipFields),
        ...flagged('ownerships', ownerships, ['ended']),
      ]),
    );
  }
  return inOne(tables);
}

/** A table that is named twice, such as one that two joins read, is proved once. */
function inOne(tables: NamedTable[]): NamedTable[] {
  const byName = new Map<string, NamedTable>();
  for (const named of tables) {
    const known = byName.get(named.table.toLowerCase());
    if (known) known.columns.push(...named.columns);
    else byName.set(named.table.toLowerCase(), named);
  }
  return [...byName.values()];
}

/** What stands at a path of the mapping, as an override of the whole: `a.b` and 1 are `{ a: { b: 1 } }`. */
function at(path: string, value: unknown): object {
  return path.split('.').reduceRight((inner, name) => ({ [name]: inner }), value) as object;
}

/** A reference as a column of its table; `join` is the name before the dot where it is another table's. */
function columnOf({ reference, path, renamed, without }: Reference, join?: string): NamedColumn {
  const before = join === undefined ? '' : `${join}.`;
  return {
    column: reference.slice(before.length),
    path,
    rename: (column) => at(path, renamed(`${before}${column}`)),
    without: without === undefined ? null : at(path, without),
  };
}

/** Sorts references into the table's own columns and those of its joins; a join's condition names columns of both. */
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
