import type { Row, Tables } from './sql-server.js';

/** ImproMed's tables, including the columns that must never be read. */
export const impromedTables: Tables = {
  CLIENTS: {
    CLIENT_GUID: 'guid',
    PRACTICE_VID: 'smallint',
    CLIENT_ACCOUNT_ID: 'int',
    FIRST_NAME: 'nvarchar(50)',
    LAST_NAME: 'nvarchar(50)',
    SPOUSE_FIRST_NAME: 'nvarchar(50)',
    SPOUSE_LAST_NAME: 'nvarchar(50)',
    COMPANY_NAME: 'nvarchar(80)',
    EMAIL_ADDRESS: 'nvarchar(100)',
    HOME_PHONE: 'nvarchar(20)',
    WORK_PHONE: 'nvarchar(20)',
    CLIENT_TYPE_GUID: 'guid',
    ACTIVE: 'bit',
    DELETED: 'bit',
    EMAIL_OPTOUT: 'bit',
    ALLOW_MARKETING: 'bit',
    REM_SUSPENDED: 'bit',
    SOCIAL_SECURITY_NUMBER: 'nvarchar(11)',
    DRIVER_LICENSE: 'nvarchar(20)',
    CREATE_DATE_TIME: 'datetime',
    LATEST_VISIT: 'datetime',
  },
  PATIENTS: {
    PATIENT_GUID: 'guid',
    CLIENT_GUID: 'guid',
    SPECIES_GUID: 'guid',
    BREED_GUID: 'guid',
    PATIENT_NAME: 'nvarchar(50)',
    SEX: 'nvarchar(20)',
    BIRTHDATE: 'datetime',
    DECEASED_DATE: 'datetime',
    ACTIVE: 'bit',
    DELETED: 'bit',
  },
  SPECIES: { SPECIES_GUID: 'guid', SPECIES_NAME: 'nvarchar(50)' },
  HD_SEX: { SEX: 'nvarchar(20)', MALE: 'bit', NEUTERED: 'bit' },
};

/** Returns a GUID that ends with a number, so that tests can name rows. */
export const guid = (number: number, kind = 'c'): string =>
  `0000000${kind === 'c' ? 'c' : 'a'}-0000-4000-8000-${String(number).padStart(12, '0')}`.toUpperCase();

const canine = guid(1, 'a');

export function impromedClient(number: number, change: Row = {}): Row {
  return {
    CLIENT_GUID: guid(number),
    PRACTICE_VID: 1,
    CLIENT_ACCOUNT_ID: 1000 + number,
    FIRST_NAME: `First${number}`,
    LAST_NAME: `Last${number}`,
    EMAIL_ADDRESS: `c${number}@example.com`,
    HOME_PHONE: '555-0100',
    ACTIVE: 1,
    DELETED: 0,
    EMAIL_OPTOUT: 0,
    ALLOW_MARKETING: 1,
    REM_SUSPENDED: 0,
    SOCIAL_SECURITY_NUMBER: '078-05-1120',
    DRIVER_LICENSE: 'D1234567',
    CREATE_DATE_TIME: '2023-03-12 02:30:00',
    LATEST_VISIT: '2026-01-02 23:59:59',
    ...change,
  };
}

export function impromedPatient(number: number, owner: number, change: Row = {}): Row {
  return {
    PATIENT_GUID: guid(number, 'a'),
    CLIENT_GUID: guid(owner),
    SPECIES_GUID: canine,
    PATIENT_NAME: `Rex${number}`,
    SEX: 'MN',
    BIRTHDATE: '2020-02-03 00:00:00',
    DECEASED_DATE: null,
    ACTIVE: 1,
    DELETED: 0,
    ...change,
  };
}

export const impromedCodes = {
  SPECIES: [
    { SPECIES_GUID: canine, SPECIES_NAME: 'Canine' },
    { SPECIES_GUID: guid(2, 'a'), SPECIES_NAME: 'Feline' },
  ],
  HD_SEX: [
    { SEX: 'MN', MALE: 1, NEUTERED: 1 },
    { SEX: 'F', MALE: 0, NEUTERED: 0 },
    { SEX: 'U', MALE: null, NEUTERED: null },
  ],
};
