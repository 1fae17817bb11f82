import type { MappingInput } from '../sql/mapping/mapping.js';

/**
 * ImproMed's tables as an integrator's published service names them. The spelling of the columns follows that service's
 * model; `check` proves it. We have not seen the breed table, so breed is missing until an installer names it:
 * `pets: { joins: { breeds: { table: dbo.BREEDS, on: { BREED_GUID: BREED_GUID } } }, breed: breeds.BREED_NAME }`.
 *
 * CLIENTS also holds social security and driver's licence numbers. No mapping names them, and the queries read only
 * named columns.
 */
export const impromedMapping: MappingInput = {
  clients: {
    table: 'dbo.CLIENTS',
    key: 'CLIENT_GUID',
    keyType: 'guid',
    displayId: 'CLIENT_ACCOUNT_ID',
    siteId: 'PRACTICE_VID',
    firstName: 'FIRST_NAME',
    lastName: 'LAST_NAME',
    spouseFirstName: 'SPOUSE_FIRST_NAME',
    spouseLastName: 'SPOUSE_LAST_NAME',
    companyName: 'COMPANY_NAME',
    emails: ['EMAIL_ADDRESS'],
    phones: { home: 'HOME_PHONE', work: 'WORK_PHONE' },
    classification: 'CLIENT_TYPE_GUID',
    createdOn: 'CREATE_DATE_TIME',
    lastVisitOn: 'LATEST_VISIT',
    inactive: { ACTIVE: false },
    deleted: { DELETED: true },
    optOut: { EMAIL_OPTOUT: true, ALLOW_MARKETING: false, REM_SUSPENDED: true },
  },
  pets: {
    table: 'dbo.PATIENTS',
    key: 'PATIENT_GUID',
    owner: 'CLIENT_GUID',
    joins: {
      species: { table: 'dbo.SPECIES', on: { SPECIES_GUID: 'SPECIES_GUID' } },
      sexes: { table: 'dbo.HD_SEX', on: { SEX: 'SEX' } },
    },
    name: 'PATIENT_NAME',
    species: 'species.SPECIES_NAME',
    sex: 'SEX',
    male: 'sexes.MALE',
    neutered: 'sexes.NEUTERED',
    bornOn: 'BIRTHDATE',
    diedOn: 'DECEASED_DATE',
    inactive: { ACTIVE: false },
    deleted: { DELETED: true },
  },
};
