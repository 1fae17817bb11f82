import fc from 'fast-check';
import type { Client } from '../../../src/domain/client/client.js';

/** Texts that have caused bugs before, and any other. */
export const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '__proto__',
    '=1+1',
    '9999-12-31',
    '0000-00-00',
    '2026-02-30',
    '-1',
    'a@b.co',
    '\ud800',
    '𠜎'.repeat(150),
  ),
);
export const maybe = fc.option(text);
const anyPet = fc.record({
  pimsId: text,
  name: maybe,
  species: text,
  speciesRaw: maybe,
  breed: maybe,
  sex: fc.constantFrom('male', 'female', 'unknown'),
  neutered: fc.option(fc.boolean()),
  sexRaw: maybe,
  bornOn: maybe,
  diedOn: maybe,
  status: fc.constantFrom('active', 'inactive', 'deceased', 'deleted', 'unknown'),
  statusRaw: maybe,
  share: fc.option(fc.double()),
  primaryOwner: fc.boolean(),
});
/** A client that no connector would return. */
export const anyClient: fc.Arbitrary<Client> = fc.record({
  pimsId: text,
  displayId: maybe,
  siteId: maybe,
  title: maybe,
  firstName: maybe,
  lastName: maybe,
  spouseFirstName: maybe,
  spouseLastName: maybe,
  companyName: maybe,
  emails: fc.array(text),
  phones: fc.array(fc.record({ label: maybe, number: text })),
  inactive: fc.boolean(),
  deleted: fc.boolean(),
  optOut: maybe,
  classification: maybe,
  unknownStatus: maybe,
  createdOn: maybe,
  lastVisitOn: maybe,
  pets: fc.array(anyPet, { maxLength: 3 }),
});
