import { z } from 'zod';
import { sexCodes } from '../codes.js';

/** A header as written in the file; null means that the export has no such column. */
const header = z.string().min(1).nullable().optional();
/** A header whose "yes" raises the flag, or headers with the values that raise it. */
const flag = z
  .union([z.string().min(1), z.record(z.string(), z.union([z.string(), z.array(z.string())])), z.null()])
  .optional();
const phone = z.union([z.string().min(1), z.strictObject({ number: z.string().min(1), area: z.string().min(1) })]);

const clients = z.strictObject({
  /** The PIMS's internal key: unique, and never changed by staff. */
  key: z.string().min(1).optional(),
  displayId: header,
  siteId: header,
  title: header,
  firstName: header,
  lastName: header,
  spouseFirstName: header,
  spouseLastName: header,
  companyName: header,
  /** Best first; an empty list means that the export has no email addresses. */
  emails: z.array(z.string().min(1)).optional(),
  /** Our label -> header: `{ home: Phone, cell: { number: Mobile, area: Area Code } }`. */
  phones: z.record(z.string(), phone).optional(),
  classification: header,
  createdOn: header,
  lastVisitOn: header,
  /** A status code, read by `codes.clientStatus`. */
  status: header,
  inactive: flag,
  deleted: flag,
  /** Flags that mean "do not email". */
  optOut: flag,
});

const pets = z.strictObject({
  key: z.string().min(1).optional(),
  /** The key of the client that the pet belongs to. */
  owner: z.string().min(1).optional(),
  name: header,
  species: header,
  breed: header,
  sex: header,
  neutered: flag,
  bornOn: header,
  diedOn: header,
  /** A status code, read by `codes.petStatus`. Null means that the export lists living pets only. */
  status: header,
  inactive: flag,
  deceased: flag,
  deleted: flag,
  /** Percent, for pets with several owners: one row per owner. */
  share: header,
  primaryOwner: header,
});

const codes = z.strictObject({
  species: z.record(z.string(), z.string().nullable()).default({}),
  sex: z.record(z.string(), z.enum(sexCodes).nullable()).default({}),
  clientStatus: z.record(z.string(), z.enum(['active', 'inactive', 'deleted']).nullable()).default({}),
  petStatus: z
    .record(z.string(), z.enum(['active', 'inactive', 'deceased', 'deleted', 'unknown']).nullable())
    .default({}),
});

/** `connection` of a practice whose connector is `csv`. Omitted fields are recognized by their usual headers. */
export const csvSettings = z.strictObject({
  /** The folder of the files; a relative path starts at the configuration's folder. */
  folder: z.string().min(1),
  clients: z.string().min(1).default('clients.csv'),
  patients: z.string().min(1).default('patients.csv'),
  encoding: z.enum(['auto', 'utf-8', 'windows-1252', 'utf-16le', 'utf-16be']).default('auto'),
  delimiter: z.union([z.literal('auto'), z.string().length(1)]).default('auto'),
  /** The order in dates like 3/5/2019. `2019-03-05` always works. */
  dates: z.enum(['MDY', 'DMY']).default('MDY'),
  mapping: z
    .strictObject({ clients: clients.default({}), pets: pets.default({}), codes: codes.prefault({}) })
    .prefault({}),
  /** Maximum number of clients in memory; more take several passes over the files. */
  rowsInMemory: z.int().min(1).max(1_000_000).default(100_000),
});

export type CsvSettings = z.output<typeof csvSettings>;
export type FlagSetting = z.output<typeof flag>;
