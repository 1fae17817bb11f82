import type { MappingInput } from '../sql/mapping/mapping.js';

/**
 * The field names of AVImark's own tables, from the open CarsonDB reader, for the SQL edition or a database that an
 * agent fills with these names. Only PHRASE's text column is inferred. `check` proves all of them.
 *
 * CLIENT_EMAIL and CLIENT_CELL refer to PHRASE. If an edition stores the text itself, override:
 * `clients: { joins: { emailPhrase: null, cellPhrase: null }, emails: [CLIENT_EMAIL], phones: { cell: CLIENT_CELL } }`.
 * Deleted records stay in the table with RECD = 'D'. No column marks a client as inactive. Practices use CLASS or CODES
 * for it, so name their values: `clients: { inactive: { CLIENT_CLASS: [9] } }`.
 */
export const avimarkMapping: MappingInput = {
  clients: {
    table: 'CLIENT',
    key: 'CLIENT_ID',
    keyType: 'integer',
    joins: {
      emailPhrase: { table: 'PHRASE', on: { ID: 'CLIENT_EMAIL' } },
      cellPhrase: { table: 'PHRASE', on: { ID: 'CLIENT_CELL' } },
    },
    title: 'CLIENT_TITLE',
    firstName: 'CLIENT_FIRST',
    lastName: 'CLIENT_LAST',
    spouseFirstName: 'CLIENT_SPOUSE',
    emails: ['emailPhrase.PHRASE_TEXT'],
    phones: {
      home: { number: 'CLIENT_PHONE', area: 'CLIENT_AREA' },
      business: 'CLIENT_BUSINESS',
      cell: 'cellPhrase.PHRASE_TEXT',
    },
    classification: 'CLIENT_CLASS',
    createdOn: 'CLIENT_ADDED',
    deleted: { CLIENT_RECD: 'D' },
    optOut: { CLIENT_SUSPEND: true },
  },
  pets: {
    table: 'ANIMAL',
    key: 'ID',
    owner: 'ANIMAL_CLIENT',
    name: 'ANIMAL_NAME',
    species: 'ANIMAL_SPECIES',
    breed: 'ANIMAL_BREED',
    sex: 'ANIMAL_SEX',
    bornOn: 'ANIMAL_BIRTHDAY',
    diedOn: 'ANIMAL_DEATH',
    deleted: { ANIMAL_RECD: 'D' },
  },
  ownerships: {
    table: 'SPLIT',
    pet: 'SPLIT_ANIMAL',
    client: 'SPLIT_CLIENT',
    share: 'SPLIT_PERCENT',
    primary: 'SPLIT_ULTIMATEAUTHORITY',
    endedOn: 'SPLIT_ENDDATE',
    ended: { SPLIT_RECD: 'D' },
  },
  // ANIMAL_SEX is one character; N and S for neutered and spayed are inferred from exports.
  codes: { sex: { n: 'male-neutered', s: 'female-neutered' } },
};
