import type { Mapping } from './mapping.js';

/** A column that the mapping names, and where in the mapping it does. */
export interface NamedColumn {
  column: string;
  path: string;
}

export interface NamedTable {
  table: string;
  path: string;
  columns: NamedColumn[];
}

type Reference = { reference: string; path: string };

/** Every table and column that a mapping names: what `check` proves, and all that is ever selected. */
export function namedTables(mapping: Mapping): NamedTable[] {
  const { clients, pets, ownerships } = mapping;
  const tables = [
    ...withJoins('clients', clients.table, clients.joins, [
      ...references('clients', clients, clientFields),
      ...clients.emails.map((reference, at) => ({ reference, path: `clients.emails.${at}` })),
      ...Object.entries(clients.phones).flatMap(([name, phone]) =>
        phone === null ? [] : references(`clients.phones.${name}`, phone, ['number', 'area', 'label']),
      ),
      ...Object.entries(clients.where).flatMap(([reference, wanted]) =>
        wanted === null ? [] : [{ reference, path: `clients.where.${reference}` }],
      ),
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
        ...references('ownerships', ownerships, ['pet', 'client', 'share', 'primary', 'endedOn', 'modified']),
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

const clientFields = [
  'key',
  'displayId',
  'siteId',
  'title',
  'firstName',
  'lastName',
  'spouseFirstName',
  'spouseLastName',
  'companyName',
  'classification',
  'createdOn',
  'lastVisitOn',
  'status',
  'modified',
] as const;

const petFields = [
  'key',
  'owner',
  'name',
  'species',
  'breed',
  'sex',
  'male',
  'neutered',
  'bornOn',
  'diedOn',
  'status',
  'modified',
] as const;

function references<K extends string>(
  path: string,
  part: Record<K, string | null>,
  fields: readonly K[],
): Reference[] {
  return fields.flatMap((field) => {
    const reference = part[field];
    return reference === null ? [] : [{ reference, path: `${path}.${field}` }];
  });
}

function flagged<K extends string>(
  path: string,
  part: Record<K, Record<string, unknown>>,
  names: readonly K[],
): Reference[] {
  return names.flatMap((name) =>
    Object.entries(part[name]).flatMap(([reference, wanted]) =>
      wanted === null ? [] : [{ reference, path: `${path}.${name}.${reference}` }],
    ),
  );
}

/** Sorts references into the table's own columns and those of its joins; a join's condition names columns of both. */
function withJoins(
  path: string,
  table: string,
  joins: Mapping['clients']['joins'],
  all: Reference[],
): NamedTable[] {
  const own: NamedTable = { table, path, columns: [] };
  const tables = [own];
  for (const { reference, path: where } of all) {
    if (!reference.includes('.')) own.columns.push({ column: reference, path: where });
  }
  for (const [name, join] of Object.entries(joins)) {
    const theirs = all.filter(({ reference }) => reference.startsWith(`${name}.`));
    if (join === null || theirs.length === 0) continue;
    const joined: NamedTable = { table: join.table, path: `${path}.joins.${name}`, columns: [] };
    for (const [column, ours] of Object.entries(join.on)) {
      joined.columns.push({ column, path: `${joined.path}.on` });
      own.columns.push({ column: ours, path: `${joined.path}.on` });
    }
    for (const { reference, path: where } of theirs) {
      joined.columns.push({ column: reference.slice(name.length + 1), path: where });
    }
    tables.push(joined);
  }
  return tables;
}
