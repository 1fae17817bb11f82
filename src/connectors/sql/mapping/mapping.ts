import { z } from 'zod';
import { sexCodes } from '../../codes.js';
import { PimsProblem } from '../../errors.js';

/**
 * A mapping names the tables and columns of one installation that hold our fields. It contains only names and codes,
 * never SQL. These patterns check the names, and the code that builds SQL quotes them.
 */
const tableName = z.string().regex(/^[A-Za-z_][\w$#]*(\.[A-Za-z_][\w$#]*){0,2}$/, {
  error: 'a table is letters, digits and _ with at most two dots: dbo.CLIENTS',
});
const columnName = z.string().regex(/^[A-Za-z_][\w$# -]{0,127}$/, {
  error: 'a column is letters, digits, _ and single spaces: CLIENT_ID',
});
/** A column of the table itself, or `join.COLUMN` for one of a join. */
const columnReference = z.string().regex(/^([A-Za-z_]\w*\.)?[A-Za-z_][\w$# -]{0,127}$/, {
  error: 'a column is a name of this table, or join.NAME for a column of a join',
});
const optionalColumn = columnReference.nullable().default(null);

const scalar = z.union([z.string(), z.number(), z.boolean()]);
/** Column -> the value or values that raise the flag; null removes a default. */
const flags = z.record(columnReference, z.union([scalar, z.array(scalar), z.null()])).default({});
/** Column -> the value or values that a row must have to be read at all. */
const filter = z.record(columnName, z.union([scalar, z.array(scalar).min(1), z.null()])).default({});

const join = z
  .strictObject({
    table: tableName,
    /** Column of the joined table -> column of this table; null removes a default. */
    on: z
      .record(columnName, columnName.nullable())
      .transform(withoutNulls)
      .refine((on) => Object.keys(on).length > 0, { error: 'name the columns that join the two tables' }),
  })
  .nullable();
const joins = z.record(z.string().regex(/^[A-Za-z]\w{0,29}$/), join).default({});

const phone = z
  .union([
    columnReference.transform((number) => ({ number, area: null, label: null })),
    z.strictObject({ number: columnReference, area: optionalColumn, label: optionalColumn }),
  ])
  .nullable();

/** How keys compare. A wrong type gives wrong pages, so the mapping states it and nothing guesses it. */
const keyType = z.enum(['integer', 'text', 'guid']);

const petStatuses = ['active', 'inactive', 'deceased', 'deleted', 'unknown'] as const;
const clientStatuses = ['active', 'inactive', 'deleted'] as const;

const clients = z.strictObject({
  table: tableName,
  /** The PIMS's internal key: unique, indexed, never changed by staff. */
  key: columnName,
  keyType,
  /** Restricts a shared database to the rows of one practice. */
  where: filter,
  joins,
  displayId: optionalColumn,
  siteId: optionalColumn,
  title: optionalColumn,
  firstName: optionalColumn,
  lastName: optionalColumn,
  spouseFirstName: optionalColumn,
  spouseLastName: optionalColumn,
  companyName: optionalColumn,
  /** Best first. */
  emails: z.array(columnReference),
  /** Our label -> column. The PIMS's own label column wins if the mapping names one. */
  phones: z.record(z.string(), phone).default({}),
  classification: optionalColumn,
  createdOn: optionalColumn,
  lastVisitOn: optionalColumn,
  /** A status code column, read by `codes.clientStatus`. */
  status: optionalColumn,
  inactive: flags,
  deleted: flags,
  /** Flags that mean "do not email". */
  optOut: flags,
});

const pets = z.strictObject({
  table: tableName,
  key: columnName,
  /** The column with the owner's key, if each pet has one owner. */
  owner: columnName.nullable().default(null),
  joins,
  name: optionalColumn,
  species: optionalColumn,
  breed: optionalColumn,
  /** A sex code or word, read by `codes.sex`. */
  sex: optionalColumn,
  /** Bit column that gives the sex without a code. */
  male: optionalColumn,
  neutered: optionalColumn,
  bornOn: optionalColumn,
  diedOn: optionalColumn,
  /** A status code column, read by `codes.petStatus`. */
  status: optionalColumn,
  inactive: flags,
  deceased: flags,
  deleted: flags,
});

const ownerships = z.strictObject({
  table: tableName,
  pet: columnName,
  client: columnName,
  /** Percent. */
  share: columnName.nullable().default(null),
  primary: columnName.nullable().default(null),
  /** The day on which the ownership ended; such a row does not count as an owner. */
  endedOn: columnName.nullable().default(null),
  ended: flags,
});

const codes = z.strictObject({
  /** Lower-case code or word -> our word: dog, cat, horse, rabbit, bird, ... */
  species: z.record(z.string(), z.string().nullable()).default({}),
  sex: z.record(z.string(), z.enum(sexCodes).nullable()).default({}),
  clientStatus: z.record(z.string(), z.enum(clientStatuses).nullable()).default({}),
  petStatus: z.record(z.string(), z.enum(petStatuses).nullable()).default({}),
});

function withoutNulls(on: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(Object.entries(on).flatMap(([theirs, ours]) => (ours === null ? [] : [[theirs, ours]])));
}

const mappingSchema = z
  .strictObject({ clients, pets, ownerships: ownerships.nullable().default(null), codes: codes.prefault({}) })
  .refine((mapping) => mapping.pets.owner !== null || mapping.ownerships !== null, {
    path: ['pets', 'owner'],
    error: "name the pets' owner column, or an ownerships table, or both",
  });

export type Mapping = z.output<typeof mappingSchema>;
/** A mapping as written, without the optional parts. */
export type MappingInput = z.input<typeof mappingSchema>;

/** An installation's override: any part of a mapping, at any depth. */
export const mappingOverride = z.record(z.string(), z.unknown());

/**
 * Merges one installation's override into the connector's default mapping: objects merge by name, everything else (a
 * name, a list, null) replaces. Throws `pims-settings-wrong` with the path of each invalid part.
 */
export function mergeMapping(defaults: MappingInput, override: Record<string, unknown> = {}): Mapping {
  const parsed = mappingSchema.safeParse(merge(defaults, override));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `mapping.${issue.path.join('.')}: ${issue.message}`);
  throw new PimsProblem({
    code: 'pims-settings-wrong',
    message: `The mapping is not usable: ${faults.join('; ')}.`,
    help: 'Correct these names under `mapping` of the practice, or remove them to use the defaults.',
  });
}

/** Merges one part of a mapping into another: objects merge by name, everything else replaces. */
export function merge(base: unknown, over: unknown): unknown {
  if (!isPlain(base) || !isPlain(over)) return over === undefined ? base : over;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    if (name === '__proto__' || value === undefined) continue;
    merged[name] = Object.hasOwn(base, name) ? merge(base[name], value) : value;
  }
  return merged;
}

/** Returns whether a value is an object that merges by name. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
