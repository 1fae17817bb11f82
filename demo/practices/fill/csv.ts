import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import type { DemoClient } from '../client.js';
import type { Phone } from '../contact.js';
import type { DemoPet } from '../pet.js';
import type { DemoPractice } from '../practice.js';
import { createTruth } from '../truth.js';
import type { Truth } from '../truth.js';
import type { Cell } from './bulk.js';

const clientHeaders = [
  ...['Client ID', 'Title', 'First Name', 'Last Name', 'Spouse First Name', 'Spouse Last Name', 'Company', 'Email'],
  ...[
    'Home Phone',
    'Work Phone',
    'Cell Phone',
    'Class',
    'Status',
    'Deleted',
    'Do Not Email',
    'Date Added',
    'Last Visit',
  ],
];
const patientHeaders = [
  ...[
    'Patient ID',
    'Client ID',
    'Patient Name',
    'Species',
    'Breed',
    'Sex',
    'Date of Birth',
    'Date of Death',
    'Inactive',
    'Deleted',
  ],
];

export interface CsvTarget {
  practice: DemoPractice;
  /** Folder for `clients.csv` and `patients.csv`; created if it is missing. */
  folder: string;
  /** `windows-1252` writes a question mark for characters that it lacks. */
  encoding?: 'utf-8' | 'utf-8-with-mark' | 'windows-1252';
  separator?: ',' | ';' | '\t';
}

/** Writes a practice as two CSV files, as many PIMS export them. */
export async function fillCsv({ practice, folder, encoding = 'utf-8', separator = ',' }: CsvTarget): Promise<Truth> {
  await mkdir(folder, { recursive: true });
  const open = (name: string, headers: string[]) => openCsv(join(folder, name), headers, encoding, separator);
  const clients = await open('clients.csv', clientHeaders);
  const patients = await open('patients.csv', patientHeaders);
  const { count, truth } = createTruth('csv');
  for (const client of practice.clients()) {
    if (!count(client)) continue;
    await clients.write(clientRow(client));
    for (const pet of client.pets) await patients.write(petRow(pet, client.number));
  }
  await Promise.all([clients.close(), patients.close()]);
  return truth;
}

async function openCsv(
  file: string,
  headers: string[],
  encoding: string,
  separator: string,
): Promise<{ write(row: Cell[]): Promise<void>; close(): Promise<void> }> {
  const stream = createWriteStream(file);
  const encode = (text: string): Buffer =>
    encoding === 'windows-1252' ? iconv.encode(text, encoding) : Buffer.from(text);
  const write = async (row: Cell[]): Promise<void> => {
    const line = `${row.map((cell) => quoted(cell, separator)).join(separator)}\r\n`;
    if (!stream.write(encode(line))) await once(stream, 'drain');
  };
  if (encoding === 'utf-8-with-mark') stream.write('\ufeff');
  await write(headers);
  return {
    write,
    async close() {
      stream.end();
      await once(stream, 'close');
    },
  };
}

/** Names and addresses are written on one line, as exporters do: a name with a line break would be unreadable. */
function quoted(cell: Cell, separator: string): string {
  const text = cell === null ? '' : String(cell).replaceAll(/[\r\n]+/g, ' ');
  return text.includes(separator) || /"|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const joined = (phone: Phone | null): string | null => (phone === null ? null : `${phone.area} ${phone.number}`);
const yesNo = (flag: boolean): string => (flag ? 'Yes' : 'No');

function clientRow(client: DemoClient): Cell[] {
  return [
    ...[client.number, client.title, client.firstName, client.lastName, client.spouse?.first ?? null],
    ...[client.spouse?.last ?? null, client.company, client.email, joined(client.home), joined(client.work)],
    ...[joined(client.cell), client.classification, client.status, yesNo(client.deleted), yesNo(client.optedOut)],
    ...[client.createdOn, client.lastVisitOn],
  ];
}

function petRow(pet: DemoPet, owner: number): Cell[] {
  return [
    ...[pet.number, owner, pet.name, pet.species, pet.breed, pet.sex, pet.bornOn, pet.diedOn],
    ...[yesNo(pet.inactive), yesNo(pet.deleted)],
  ];
}
