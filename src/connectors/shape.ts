import { z } from 'zod';
import type { Client } from '../domain/client/client.js';
import type { Pet } from '../domain/client/pet.js';
import type { Capabilities, CheckReport, Discovery, Unreadable } from './contract.js';
import { isDay } from './dates.js';

/**
 * Schemas of the values that connectors return. The conformance kit tests them, and the engine checks every connector
 * that is not built in against them. Their messages never hold a value.
 */
const text = z.string().regex(/^[^\0\p{Surrogate}]*$/u, 'holds a NUL or half a character');
const maybe = text.nullable();
const day = text.refine(isDay, 'is not a day that exists, YYYY-MM-DD').nullable();

/** Width of the column that stores a key, in characters. */
const longestKey = 128;
/** Texts that JavaScript makes of a missing key. */
const noKeys = ['null', 'undefined', 'NaN', '[object Object]'];
const key = text
  .min(1, 'is empty')
  .max(longestKey, `is longer than ${longestKey} characters`)
  .refine((value) => !noKeys.includes(value), 'is the text of a value that is missing');

const pet = z.strictObject({
  pimsId: key,
  name: maybe,
  species: text.regex(/^[a-z][a-z -]*$/, 'not a mapped species'),
  speciesRaw: maybe,
  breed: maybe,
  sex: z.enum(['male', 'female', 'unknown']),
  neutered: z.boolean().nullable(),
  sexRaw: maybe,
  bornOn: day,
  diedOn: day,
  status: z.enum(['active', 'inactive', 'deceased', 'deleted', 'unknown']),
  statusRaw: maybe,
  share: z.number().min(0).max(100).nullable(),
  primaryOwner: z.boolean(),
}) satisfies z.ZodType<Pet>;

export const clientShape = z.strictObject({
  pimsId: key,
  displayId: maybe,
  siteId: maybe,
  title: maybe,
  firstName: maybe,
  lastName: maybe,
  spouseFirstName: maybe,
  spouseLastName: maybe,
  companyName: maybe,
  emails: z.array(text),
  phones: z.array(z.strictObject({ label: maybe, number: text })),
  inactive: z.boolean(),
  deleted: z.boolean(),
  optOut: maybe,
  classification: maybe,
  unknownStatus: maybe,
  createdOn: day,
  lastVisitOn: day,
  pets: z
    .array(pet)
    .refine((pets) => new Set(pets.map(({ pimsId }) => pimsId)).size === pets.length, 'hold a pet twice'),
}) satisfies z.ZodType<Client>;

export const unreadableShape = z.strictObject({
  reference: text.min(1),
  reason: text.min(1).max(300),
  mayBe: z.array(text).nullable().optional(),
}) satisfies z.ZodType<Unreadable>;

/** A cursor, limited by the width of its column: 1000 characters. */
const cursor = text.min(1).max(1000);

/** A page whose clients and unreadable rows are checked separately, one by one. */
export const pageShape = z.strictObject({
  clients: z.array(z.unknown()),
  unreadable: z.array(z.unknown()),
  cursor: cursor.nullable(),
});

export const capabilitiesShape = z.object({
  oneClient: z.boolean(),
}) satisfies z.ZodType<Capabilities>;

export const checkReportShape = z.object({
  findings: z.array(z.string()),
  problems: z.array(z.object({ code: z.string(), message: z.string(), help: z.string().optional() })),
}) satisfies z.ZodType<CheckReport>;

export const discoveryShape = z.object({
  proposal: z.string(),
  whole: z.string().optional(),
  evidence: z.array(z.string()),
}) satisfies z.ZodType<Discovery>;

/** Describes the first fault by its member and without its value: `inactive is not true or false`. */
export function faultIn(error: z.ZodError): string {
  const [issue] = error.issues;
  const path = issue?.path.filter((part) => typeof part !== 'number').join('.') || 'it';
  return `${path} ${wrongIn(issue)}`;
}

function wrongIn(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return `is not ${expected[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `is none of ${issue.values.join(', ')}`;
    case 'unrecognized_keys': {
      // Shows a name only if it looks like an identifier: an object may be keyed by data.
      const named = issue.keys.filter((name) => /^[a-z_]\w{0,30}$/i.test(name))[0];
      return `has an unknown member${named === undefined ? '' : `, ${named}`}`;
    }
    case 'too_small':
    case 'too_big':
    case 'invalid_format':
    case 'custom':
      return issue.message;
    default:
      return 'is not of the agreed shape';
  }
}

const expected: Record<string, string> = {
  boolean: 'true or false',
  string: 'text',
  number: 'a number',
  array: 'a list',
  object: 'an object',
};
