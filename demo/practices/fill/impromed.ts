import { species as speciesWords } from '../animals.js';
import type { DemoClient } from '../client.js';
import type { Phone } from '../contact.js';
import type { DemoPet } from '../pet.js';
import type { DemoPractice } from '../practice.js';
import { createTruth } from '../truth.js';
import type { Truth } from '../truth.js';
import { fit } from './bulk.js';
import type { Bulk, Cell } from './bulk.js';
import { guidOf } from './guid.js';
import { fillMysql } from './mysql.js';
import type { MysqlTarget } from './mysql.js';

/** ImproMed's tables as far as they are known, including columns that must never be read; those hold invented numbers. */
const tables = [
  'CREATE TABLE SPECIES (SPECIES_GUID BINARY(16) NOT NULL PRIMARY KEY, SPECIES_NAME VARCHAR(40), DELETED_GUID BINARY(16))',
  'CREATE TABLE BREEDS (BREED_GUID BINARY(16) NOT NULL PRIMARY KEY, BREED_NAME VARCHAR(40))',
  'CREATE TABLE HD_SEX (SEX VARCHAR(20) NOT NULL PRIMARY KEY, MALE TINYINT(1), NEUTERED TINYINT(1))',
  `CREATE TABLE CLIENTS (
    CLIENT_GUID BINARY(16) NOT NULL PRIMARY KEY, PRACTICE_VID SMALLINT, CLIENT_ACCOUNT_ID INT, PREVIOUS_ACCOUNT_ID INT,
    FIRST_NAME VARCHAR(80), LAST_NAME VARCHAR(80), SPOUSE_FIRST_NAME VARCHAR(80), SPOUSE_LAST_NAME VARCHAR(80),
    COMPANY_NAME VARCHAR(80), ADDRESS_1 VARCHAR(60), ZIPCODE VARCHAR(10), HOME_PHONE VARCHAR(20), WORK_PHONE VARCHAR(20),
    FAX_NUMBER VARCHAR(20), EMAIL_ADDRESS VARCHAR(254), CLIENT_TYPE_GUID BINARY(16), DESCRIPTION LONGTEXT,
    FIRST_VISIT DATETIME, LATEST_VISIT DATETIME, TOTAL_VISITS INT, ACTIVE TINYINT(1), DELETED TINYINT(1),
    DELETED_UNIQIFYING_GUID BINARY(16), EMAIL_OPTOUT TINYINT(1), ALLOW_MARKETING TINYINT(1), REM_SUSPENDED TINYINT(1),
    SHARING_PERSONAL_DATA TINYINT(1), CREATE_DATE_TIME DATETIME, SOCIAL_SECURITY_NUMBER VARCHAR(11),
    DRIVER_LICENSE VARCHAR(20), SPOUSE_SOCIAL_SECURITY_NUMBER VARCHAR(11), SPOUSE_DRIVER_LICENSE VARCHAR(20))`,
  `CREATE TABLE PATIENTS (
    PATIENT_GUID BINARY(16) NOT NULL PRIMARY KEY, CLIENT_GUID BINARY(16), SPECIES_GUID BINARY(16), BREED_GUID BINARY(16),
    PATIENT_ACCOUNT_ID INT, PATIENT_NAME VARCHAR(60), SEX VARCHAR(20), BIRTHDATE DATETIME, ACTIVE TINYINT(1),
    DELETED TINYINT(1), DECEASED_DATE DATETIME, WEIGHT DECIMAL(9,2), MICROCHIP_NUMBER_2 VARCHAR(20),
    CREATE_DATE_TIME DATETIME, INDEX PATIENTS_BY_CLIENT (CLIENT_GUID))`,
];

const columns = {
  SPECIES: ['SPECIES_GUID', 'SPECIES_NAME'],
  BREEDS: ['BREED_GUID', 'BREED_NAME'],
  HD_SEX: ['SEX', 'MALE', 'NEUTERED'],
  CLIENTS:
    `CLIENT_GUID PRACTICE_VID CLIENT_ACCOUNT_ID FIRST_NAME LAST_NAME SPOUSE_FIRST_NAME SPOUSE_LAST_NAME COMPANY_NAME
    ADDRESS_1 ZIPCODE HOME_PHONE WORK_PHONE EMAIL_ADDRESS CLIENT_TYPE_GUID LATEST_VISIT ACTIVE DELETED
    DELETED_UNIQIFYING_GUID EMAIL_OPTOUT ALLOW_MARKETING REM_SUSPENDED SHARING_PERSONAL_DATA CREATE_DATE_TIME
    SOCIAL_SECURITY_NUMBER DRIVER_LICENSE SPOUSE_SOCIAL_SECURITY_NUMBER`.split(/\s+/),
  PATIENTS:
    `PATIENT_GUID CLIENT_GUID SPECIES_GUID BREED_GUID PATIENT_ACCOUNT_ID PATIENT_NAME SEX BIRTHDATE ACTIVE DELETED
    DECEASED_DATE CREATE_DATE_TIME`.split(/\s+/),
};

/** Columns that a reader must not be able to select; the reader's login must be denied access to them. */
export const impromedSensitive = {
  CLIENTS: ['SOCIAL_SECURITY_NUMBER', 'DRIVER_LICENSE', 'SPOUSE_SOCIAL_SECURITY_NUMBER', 'SPOUSE_DRIVER_LICENSE'],
};

const sexes: [string, Cell, Cell][] = [
  ['Male', true, false],
  ['Male Neutered', true, true],
  ['Female', false, false],
  ['Female Spayed', false, true],
  ['Unknown', null, null],
];
const sexNames = { M: 'Male', MN: 'Male Neutered', F: 'Female', FS: 'Female Spayed', U: 'Unknown' };

/** Fills a MariaDB database of ImproMed's shape, for reading through the stand-in for SQL Server. */
export function fillImpromed(target: MysqlTarget & { practice: DemoPractice }): Promise<Truth> {
  const { practice } = target;
  const guid = (kind: string, which: string | number): Buffer => guidOf(practice.options.seed, kind, which);
  return fillMysql(target, tables, columns, async (bulk) => {
    for (const { name, others, breeds } of speciesWords) {
      for (const word of [name, ...others]) await bulk.add('SPECIES', [guid('species', word), word]);
      for (const breed of breeds) await bulk.add('BREEDS', [guid('breed', `${name} ${breed}`), breed]);
    }
    for (const sex of sexes) await bulk.add('HD_SEX', sex);
    const { count, truth } = createTruth('impromed');
    for (const client of practice.clients()) {
      if (count(client)) await addClient(bulk, client, guid);
    }
    return truth;
  });
}

type GuidOf = (kind: string, which: string | number) => Buffer;
const joined = (phone: Phone | null): string | null => (phone === null ? null : `${phone.area}-${phone.number}`);

/** Returns a social security number that nobody can have: area 000 and group 00 are never issued. */
const noSocialSecurity = (number: number): string => `000-00-${String(number % 10_000).padStart(4, '0')}`;

async function addClient(bulk: Bulk, client: DemoClient, guid: GuidOf): Promise<void> {
  const { number, padded, spouse } = client;
  const optOuts = client.optedOut ? number % 3 : -1;
  await bulk.add('CLIENTS', [
    ...[guid('client', number), 1, number, fit(client.firstName, 80, padded), fit(client.lastName, 80, padded)],
    ...[fit(spouse?.first ?? null, 80), fit(spouse?.last ?? null, 80), client.company, client.street, client.zip],
    // ImproMed has one number besides work, so the cell number replaces a missing home number.
    ...[joined(client.home), joined(client.work ?? client.cell), fit(client.email, 254, padded)],
    ...[guid('type', client.classification), client.lastVisitOn, !client.inactive, client.deleted],
    ...[client.deleted ? guid('deleted', number) : null, optOuts === 0, optOuts !== 1, optOuts === 2, true],
    ...[`${client.createdOn} 09:${String(number % 60).padStart(2, '0')}:00`],
    ...[noSocialSecurity(number), `FAKE-${number}`, spouse === null ? null : noSocialSecurity(number + 1)],
  ]);
  for (const pet of client.pets) await addPet(bulk, pet, client, guid);
}

async function addPet(bulk: Bulk, pet: DemoPet, client: DemoClient, guid: GuidOf): Promise<void> {
  const kind = speciesWords.find(({ name, others }) => name === pet.species || others.includes(pet.species));
  await bulk.add('PATIENTS', [
    ...[guid('pet', pet.number), guid('client', client.number), guid('species', pet.species)],
    ...[pet.breed === null ? null : guid('breed', `${kind?.name} ${pet.breed}`), pet.number, fit(pet.name, 60)],
    ...[sexNames[pet.sex], pet.bornOn, !pet.inactive, pet.deleted, pet.diedOn, client.createdOn],
  ]);
}
