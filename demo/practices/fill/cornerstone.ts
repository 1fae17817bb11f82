import { rename, rm } from 'node:fs/promises';
import type { DemoClient } from '../client.js';
import type { Phone } from '../contact.js';
import type { DemoPet } from '../pet.js';
import type { DemoPractice } from '../practice.js';
import { createTruth, petsIn } from '../truth.js';
import type { Truth } from '../truth.js';
import { createBulk, fit } from './bulk.js';
import type { Cell } from './bulk.js';
import { openOdbc, sqliteString } from './odbc.js';
import type { OdbcWriter } from './odbc.js';

/**
 * The three views of the Cornerstone connector, as tables. The same statements work on SQLite, MariaDB and PostgreSQL.
 * Flags are 0 and 1, as the driver returns a bit of SQL Anywhere.
 */
const tables = [
  `CREATE TABLE pp_client (
    client_key INTEGER NOT NULL PRIMARY KEY, client_number VARCHAR(12), practice_id CHAR(3), title VARCHAR(10),
    first_name VARCHAR(80), last_name VARCHAR(80), spouse_first VARCHAR(80), spouse_last VARCHAR(80), email VARCHAR(254),
    phone1 VARCHAR(30), phone1_label VARCHAR(12), phone2 VARCHAR(30), phone2_label VARCHAR(12), phone3 VARCHAR(30),
    phone3_label VARCHAR(12), street VARCHAR(60), city VARCHAR(40), classification VARCHAR(20), is_inactive SMALLINT,
    sends_reminders SMALLINT, created_at DATE)`,
  `CREATE TABLE pp_patient (
    patient_key INTEGER NOT NULL PRIMARY KEY, name VARCHAR(60), species VARCHAR(30), breed VARCHAR(40), colour VARCHAR(30),
    sex CHAR(2), is_neutered SMALLINT, birth_date DATE, death_date DATE, is_inactive SMALLINT)`,
  `CREATE TABLE pp_ownership (
    patient_key INTEGER NOT NULL, client_key INTEGER NOT NULL, ownership_pct DECIMAL(5,2), is_primary SMALLINT,
    gets_reminders SMALLINT, PRIMARY KEY (client_key, patient_key))`,
  'CREATE INDEX pp_ownership_by_patient ON pp_ownership (patient_key)',
];

export const cornerstoneColumns = {
  pp_client: `client_key client_number practice_id title first_name last_name spouse_first spouse_last email phone1
    phone1_label phone2 phone2_label phone3 phone3_label street city classification is_inactive sends_reminders
    created_at`.split(/\s+/),
  pp_patient: 'patient_key name species breed colour sex is_neutered birth_date death_date is_inactive'.split(' '),
  pp_ownership: 'patient_key client_key ownership_pct is_primary gets_reminders'.split(' '),
} as const;

export interface CornerstoneTarget {
  practice: DemoPractice;
  /** An SQLite file, which is replaced; otherwise `connectionString` names an empty database. */
  file?: string;
  connectionString?: string;
  /** The practice of a shared database that the rows belong to; up to three letters. */
  site?: string;
}

/**
 * Fills a database of Cornerstone's shape over ODBC. A file gets its name only when it is complete.
 * @throws Problem `pims-driver-missing`
 */
export async function fillCornerstone({
  practice,
  file,
  connectionString,
  site = 'MAI',
}: CornerstoneTarget): Promise<Truth> {
  const unfinished = file === undefined ? null : `${file}.unfinished`;
  if (unfinished !== null) await rm(unfinished, { force: true });
  const database = await openOdbc(unfinished === null ? (connectionString as string) : sqliteString(unfinished));
  try {
    if (unfinished !== null) {
      // The file gets its name only when it is complete, so a crash may lose it.
      await database.run('PRAGMA journal_mode = OFF');
      await database.run('PRAGMA synchronous = OFF');
    }
    if (/maria|mysql/i.test(connectionString ?? ''))
      await database.run("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'");
    for (const table of tables) await database.run(table);
    const truth = await database.together(() => addClients(database, practice, site));
    await database.close();
    if (unfinished !== null) await rename(unfinished, file as string);
    return truth;
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

/** Adds a practice's clients, pets and ownerships to existing tables. */
export async function addClients(database: OdbcWriter, practice: DemoPractice, site: string): Promise<Truth> {
  const bulk = createBulk((sql) => database.run(sql), cornerstoneColumns);
  const { count, truth } = createTruth('cornerstone');
  for (const client of practice.clients()) {
    if (!count(client)) continue;
    await bulk.add('pp_client', clientRow(client, site));
    for (const pet of petsIn(client, 'cornerstone')) {
      await bulk.add('pp_patient', petRow(pet));
      for (const owner of ownersOf(pet, client)) await bulk.add('pp_ownership', owner);
    }
  }
  await bulk.flush();
  return truth;
}

const joined = (phone: Phone | null): string | null => (phone === null ? null : `(${phone.area}) ${phone.number}`);

function clientRow(client: DemoClient, site: string): Cell[] {
  const { number, padded, spouse } = client;
  // Cornerstone has no column for company names, so staff write them into the last name.
  const last = client.lastName ?? client.company;
  return [
    ...[number, String(number), fit(site, 3, true), fit(client.title || null, 10, padded)],
    ...[fit(client.firstName, 80, padded), fit(last, 80, padded)],
    ...[fit(spouse?.first ?? null, 80), fit(spouse?.last ?? null, 80), fit(client.email, 254, padded)],
    ...[joined(client.home), 'Home', joined(client.cell), 'Cell', joined(client.work), 'Work'],
    ...[client.street, client.city, client.classification, client.inactive, !client.optedOut, client.createdOn],
  ];
}

function petRow(pet: DemoPet): Cell[] {
  const neutered = pet.sex === 'U' ? null : pet.sex.length === 2;
  return [
    ...[pet.number, pet.name, pet.species, pet.breed, pet.colour, fit(pet.sex.slice(0, 1), 2, true), neutered],
    ...[pet.bornOn, pet.diedOn, pet.inactive],
  ];
}

function ownersOf(pet: DemoPet, client: DemoClient): Cell[][] {
  if (pet.coOwner === null) return [[pet.number, client.number, 100, true, true]];
  return [
    [pet.number, client.number, 50, true, true],
    [pet.number, pet.coOwner, 50, false, false],
  ];
}
