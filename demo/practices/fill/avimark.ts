import iconv from 'iconv-lite';
import type { DemoClient } from '../client.js';
import type { DemoPet } from '../pet.js';
import type { DemoPractice } from '../practice.js';
import { createTruth } from '../truth.js';
import type { Truth } from '../truth.js';
import { fit } from './bulk.js';
import type { Bulk, Cell } from './bulk.js';
import { fillMysql } from './mysql.js';
import type { MysqlTarget } from './mysql.js';

/** AVImark stores texts in Windows-1252, which MariaDB calls latin1. */
const text = (name: string, width: number): string => `${name} VARCHAR(${width}) CHARACTER SET latin1`;

const tables = [
  `CREATE TABLE PHRASE (ID INT NOT NULL PRIMARY KEY, ${text('PHRASE_TEXT', 254)})`,
  `CREATE TABLE CLIENT (
    CLIENT_ID INT NOT NULL PRIMARY KEY, CLIENT_RECD CHAR(1) CHARACTER SET latin1, ${text('CLIENT_TITLE', 10)},
    ${text('CLIENT_LAST', 60)}, ${text('CLIENT_FIRST', 60)}, ${text('CLIENT_ADDRESS', 60)}, ${text('CLIENT_CITY', 30)},
    ${text('CLIENT_STATE', 2)}, ${text('CLIENT_ZIP', 10)}, CLIENT_AREA CHAR(4) CHARACTER SET latin1,
    ${text('CLIENT_PHONE', 12)}, ${text('CLIENT_BUSINESS', 20)}, ${text('CLIENT_CODES', 12)}, CLIENT_CLASS TINYINT UNSIGNED,
    ${text('CLIENT_REFERENCE', 20)}, CLIENT_UNTIL DATETIME, CLIENT_SUSPEND TINYINT(1), CLIENT_FLAGS TINYINT UNSIGNED,
    CLIENT_ADDED DATETIME, CLIENT_COMPANY TINYINT UNSIGNED, ${text('CLIENT_SPOUSE', 40)}, CLIENT_EMAIL INT, CLIENT_CELL INT)`,
  `CREATE TABLE ANIMAL (
    ID INT NOT NULL PRIMARY KEY, ANIMAL_CLIENT INT, ANIMAL_RECD CHAR(1) CHARACTER SET latin1, ${text('ANIMAL_NAME', 40)},
    ${text('ANIMAL_SPECIES', 20)}, ${text('ANIMAL_BREED', 40)}, ANIMAL_SEX CHAR(1) CHARACTER SET latin1,
    ${text('ANIMAL_COLOR', 30)}, ANIMAL_BIRTHDAY DATETIME, ANIMAL_DEATH DATETIME, ANIMAL_ADDED DATETIME,
    ANIMAL_WEIGHT DECIMAL(9,2), INDEX ANIMAL_BY_CLIENT (ANIMAL_CLIENT))`,
  `CREATE TABLE SPLIT (
    SPLIT_ANIMAL INT, SPLIT_CLIENT INT, SPLIT_RECD CHAR(1) CHARACTER SET latin1, SPLIT_PERCENT DECIMAL(5,2),
    SPLIT_ENDDATE DATETIME, SPLIT_ULTIMATEAUTHORITY TINYINT(1), PRIMARY KEY (SPLIT_CLIENT, SPLIT_ANIMAL))`,
];

export const avimarkColumns = {
  PHRASE: ['ID', 'PHRASE_TEXT'],
  CLIENT:
    `CLIENT_ID CLIENT_RECD CLIENT_TITLE CLIENT_LAST CLIENT_FIRST CLIENT_ADDRESS CLIENT_CITY CLIENT_STATE CLIENT_ZIP
    CLIENT_AREA CLIENT_PHONE CLIENT_BUSINESS CLIENT_CODES CLIENT_CLASS CLIENT_UNTIL CLIENT_SUSPEND CLIENT_FLAGS
    CLIENT_ADDED CLIENT_COMPANY CLIENT_SPOUSE CLIENT_EMAIL CLIENT_CELL`.split(/\s+/),
  ANIMAL: `ID ANIMAL_CLIENT ANIMAL_RECD ANIMAL_NAME ANIMAL_SPECIES ANIMAL_BREED ANIMAL_SEX ANIMAL_COLOR ANIMAL_BIRTHDAY
    ANIMAL_DEATH ANIMAL_ADDED ANIMAL_WEIGHT`.split(/\s+/),
  SPLIT: 'SPLIT_ANIMAL SPLIT_CLIENT SPLIT_RECD SPLIT_PERCENT SPLIT_ENDDATE SPLIT_ULTIMATEAUTHORITY'.split(' '),
};

/** Client classes of the demo; in AVImark, each practice names its own numbers. */
export const avimarkClasses = { STANDARD: 1, BUSINESS: 7, RESCUE: 8, inactive: 9 } as const;
/** Day zero of AVImark's two calendars; it means "no date". */
const noDate = ['1900-01-01', '1899-12-30'];

/** Fills a MariaDB database of AVImark's shape, for reading through the stand-in for SQL Server. */
export function fillAvimark(target: MysqlTarget & { practice: DemoPractice }): Promise<Truth> {
  return fillMysql(target, tables, avimarkColumns, async (bulk) => {
    const { count, truth } = createTruth('avimark');
    for (const client of target.practice.clients()) {
      if (count(client)) await addClient(bulk, client);
    }
    return truth;
  });
}

/** Replaces characters that code page 1252 lacks with a question mark, as AVImark does. */
function ansi(value: string | null, width: number, padded = false): string | null {
  const cut = fit(value, width, padded);
  return cut === null ? null : iconv.decode(iconv.encode(cut, 'windows-1252'), 'windows-1252');
}

async function addClient(bulk: Bulk, client: DemoClient): Promise<void> {
  const { number, cell, email, padded } = client;
  // Email and cell are rows of a table of phrases; the client has their numbers, and zero for none.
  const emailId = email === null ? 0 : number * 2;
  const cellId = cell === null ? 0 : number * 2 + 1;
  if (email !== null) await bulk.add('PHRASE', [emailId, ansi(email, 254)]);
  if (cell !== null) await bulk.add('PHRASE', [cellId, `${cell.area}.${cell.number}`]);
  const row: Cell[] = [
    ...[number, client.deleted ? 'D' : 'A', client.title, ansi(client.lastName ?? client.company, 60, padded)],
    ...[ansi(client.firstName, 60, padded), client.street, ansi(client.city, 30), 'IL', client.zip],
    ...[client.home.area, client.home.number, client.work?.number ?? null, ''],
    ...[client.inactive ? avimarkClasses.inactive : avimarkClasses[client.classification], noDate[0] as string],
    ...[client.optedOut, 0, client.createdOn, 0, ansi(client.spouse?.first ?? null, 40), emailId, cellId],
  ];
  await bulk.add('CLIENT', row);
  for (const pet of client.pets) await addPet(bulk, pet, client);
}

/** One letter for sex and neutering: N and S are neutered. */
const sexLetters = { M: 'M', MN: 'N', F: 'F', FS: 'S', U: 'U' };

async function addPet(bulk: Bulk, pet: DemoPet, client: DemoClient): Promise<void> {
  await bulk.add('ANIMAL', [
    ...[pet.number, client.number, pet.deleted ? 'D' : 'A', ansi(pet.name, 40), pet.species, pet.breed],
    ...[
      sexLetters[pet.sex],
      pet.colour,
      pet.bornOn,
      pet.diedOn ?? (noDate[pet.number % 2] as string),
      client.createdOn,
      0,
    ],
  ]);
  if (pet.coOwner === null) return;
  await bulk.add('SPLIT', [pet.number, client.number, 'A', 50, noDate[0] as string, true]);
  await bulk.add('SPLIT', [pet.number, pet.coOwner, 'A', 50, noDate[0] as string, false]);
}
