import type { Mapping } from './mapping.js';

/**
 * A column that the mapping names at a path. `renamed` returns the value at `path` for another column. `without` is the
 * value for no column, undefined if the mapping requires one.
 */
export interface Reference {
  reference: string;
  path: string;
  renamed(reference: string): unknown;
  without: unknown;
}

/** The parts of a mapping: their fields that take one column each, and their flags. */
export const parts = {
  clients: {
    fields: [
      ...['key', 'displayId', 'siteId', 'title', 'firstName', 'lastName', 'spouseFirstName', 'spouseLastName'],
      ...['companyName', 'classification', 'createdOn', 'lastVisitOn', 'status'],
    ],
    flags: ['inactive', 'deleted', 'optOut'],
  },
  pets: {
    fields: ['key', 'owner', 'name', 'species', 'breed', 'sex', 'male', 'neutered', 'bornOn', 'diedOn', 'status'],
    flags: ['inactive', 'deceased', 'deleted'],
  },
  ownerships: { fields: ['pet', 'client', 'share', 'primary', 'endedOn'], flags: ['ended'] },
};
export type PartName = keyof typeof parts;

/** A part of a mapping by the names of its members. */
export type Part = Record<string, unknown>;

/** Fields without which no clients, pets or owners can be read. */
const indispensable = ['key', 'pet', 'client'];

/** Lists every column that a part of a mapping names, apart from the conditions of its joins. */
export function referencesIn(name: PartName, mapping: Mapping): Reference[] {
  const part = mapping[name];
  if (part === null) return [];
  const { fields, flags } = parts[name];
  return [
    ...columns(name, part, fields),
    ...(name === 'clients' ? clientLists(mapping.clients) : []),
    ...flags.flatMap((flag) => flagged(name, part, flag)),
  ];
}

function clientLists(clients: Mapping['clients']): Reference[] {
  return [
    ...emails(clients.emails),
    ...Object.entries(clients.phones).flatMap(([name, phone]) =>
      phone === null ? [] : ofPhone(`clients.phones.${name}`, phone),
    ),
    // No help text suggests removing the filter: without it another practice's clients would be read.
    ...flagged('clients', clients, 'where').map((each) => ({ ...each, without: undefined })),
  ];
}

/** Returns the references of fields that take one column each. */
function columns(path: string, part: Part, fields: readonly string[]): Reference[] {
  return fields.flatMap((field) => {
    const reference = part[field] as string | null;
    const without = indispensable.includes(field) ? undefined : null;
    return reference === null ? [] : [{ reference, path: `${path}.${field}`, renamed: same, without }];
  });
}

const same = (reference: string): string => reference;

/** Returns the references of emails. An override replaces the whole list, so it repeats the other addresses. */
function emails(all: string[]): Reference[] {
  return all.map((reference, at) => ({
    reference,
    path: 'clients.emails',
    renamed: (other) => all.with(at, other),
    without: all.filter((each) => each !== reference),
  }));
}

/** Returns the references of a phone. A phone of one column is just its name; without a number there is no phone. */
function ofPhone(path: string, phone: NonNullable<Mapping['clients']['phones'][string]>): Reference[] {
  const plain = phone.area === null && phone.label === null;
  return [
    {
      reference: phone.number,
      path,
      renamed: (number) => (plain ? number : { number }),
      without: null,
    },
    ...columns(path, phone, ['area', 'label']),
  ];
}

/** Returns the references of a flag or filter, in which the column is the key of an entry. */
function flagged(path: string, part: Part, name: string): Reference[] {
  return Object.entries(part[name] as Part).flatMap(([reference, wanted]) =>
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
  );
}
