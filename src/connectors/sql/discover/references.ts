import type { Mapping } from '../mapping.js';

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

/** The fields of clients that take one column each; `petFields` are those of pets. */
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
] as const;

/** The fields of an ownership that take one column each. */
export const ownershipFields = ['pet', 'client', 'share', 'primary', 'endedOn'] as const;

/** Fields without which no clients, pets or owners can be read. */
const indispensable = ['key', 'pet', 'client'];

/** Returns the references of fields that take one column each. */
export function references<K extends string>(
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

/** Returns the references of emails. An override replaces the whole list, so it repeats the other addresses. */
export function emails(all: string[]): Reference[] {
  return all.map((reference, at) => ({
    reference,
    path: 'clients.emails',
    renamed: (other) => all.with(at, other),
    without: all.filter((each) => each !== reference),
  }));
}

type Phone = NonNullable<Mapping['clients']['phones'][string]>;

/** Returns the references of a phone. A phone of one column is just its name; without a number there is no phone. */
export function ofPhone(path: string, phone: Phone): Reference[] {
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

/** Returns the references of flags and filters, in which the column is the key of an entry. */
export function flagged<K extends string>(
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
