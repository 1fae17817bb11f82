import type { Mapping } from './mapping.js';

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

/** `renamed` and `without` are what stands at `path` then; `without` is undefined where there must be a column. */
interface Reference {
  reference: string;
  path: string;
  renamed(reference: string): unknown;
  without: unknown;
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

export const clientFields = [
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

export const petFields = [
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

/** The fields of an ownership that one column gives each. */
export const ownershipFields = ['pet', 'client', 'share', 'primary', 'endedOn', 'modified'] as const;

/** Fields without which nobody's clients, pets or owners can be read. */
const indispensable = ['key', 'pet', 'client'];

function references<K extends string>(
  path: string,
  part: Record<K, string | null>,
  fields: readonly K[],
): Reference[] {
  return fields.flatMap((field) => {
    const reference = part[field];
    const without = indispensable.includes(field) ? undefined : null;
    return reference === null ? [] : [{ reference, path: `${path}.${field}`, renamed: same, without }];
  });
}

const same = (reference: string): string => reference;

/** Lists replace each other whole, so the other addresses are written again. */
function emails(all: string[]): Reference[] {
  return all.map((reference, at) => ({
    reference,
    path: 'clients.emails',
    renamed: (other) => all.with(at, other),
    without: all.filter((each) => each !== reference),
  }));
}

type Phone = NonNullable<Mapping['clients']['phones'][string]>;

/** A phone of one column is written as its name; without its number it is none. */
function ofPhone(path: string, phone: Phone): Reference[] {
  const plain = phone.area === null && phone.label === null;
  return [
    {
      reference: phone.number,
      path,
      renamed: (number) => (plain ? number : { number }),
      without: null,
    },
    ...references(path, phone, ['area', 'label']),
  ];
}

function flagged<K extends string>(
  path: string,
  part: Record<K, Record<string, unknown>>,
  names: readonly K[],
): Reference[] {
  return names.flatMap((name) =>
    Object.entries(part[name]).flatMap(([reference, wanted]) =>
      wanted === null
        ? []
        : [
            {
              reference,
              path: `${path}.${name}`,
              renamed: (other: string) => ({ [reference]: null, [other]: wanted }),
              without: { [reference]: null },
            },
          ],
    ),
  );
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
function withJoins(
  path: string,
  table: string,
  joins: Mapping['clients']['joins'],
  all: Reference[],
): NamedTable[] {
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
