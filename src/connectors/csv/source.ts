import { resolve } from 'node:path';
import type { ConnectorContext } from '../contract.js';
import { tomorrow } from '../dates.js';
import { clientRows, type ClientRows } from './client.js';
import { writtenDates } from './dates.js';
import { findHeaders, type Headers } from './headers.js';
import { petRows, type PetRows } from './pet.js';
import type { RowColumns } from './row.js';
import type { CsvSettings } from './settings.js';
import { openTable, type Table } from './table.js';
import type { UsualHeaders } from './header-aliases.js';

/** One file with its headers found, ready to scan. */
interface SourceFile<Rows> {
  table: Table;
  headers: Headers;
  rows: Rows;
  columns: RowColumns;
}

/** Both files of a practice. */
export interface Source {
  clients: SourceFile<ClientRows>;
  pets: SourceFile<PetRows>;
  /** Number of unreadable dates so far; many of them mean that the setting `dates` is wrong. */
  oddDates(): number;
}

/** Fields that never contain a line break. */
const oneLine = {
  clients: [
    ...['key', 'displayId', 'title', 'firstName', 'lastName', 'spouseFirstName', 'spouseLastName'],
    ...['companyName', 'emails'],
  ],
  pets: ['key', 'owner', 'name'],
};

/** Opens both files. Throws a PimsProblem if a file is missing, still being written, or lacks a header. */
export async function openSource(
  settings: CsvSettings,
  usual: UsualHeaders,
  { baseDir, timeZone }: Pick<ConnectorContext, 'baseDir' | 'timeZone'>,
  signal: AbortSignal,
): Promise<Source> {
  const folder = resolve(baseDir, settings.folder);
  const clients = await openTable(resolve(folder, settings.clients), settings, signal);
  const pets = await openTable(resolve(folder, settings.patients), settings, signal);
  const clientHeaders = findHeaders(clients.name, clients.header);
  const petHeaders = findHeaders(pets.name, pets.header);
  const read = writtenDates(settings.dates, tomorrow(new Date(), timeZone));
  let odd = 0;
  const readDate: typeof read = (text) => {
    const reading = read(text);
    if (reading === 'absurd') odd++;
    return reading;
  };
  const clientsRead = clientRows(clients.name, clientHeaders, settings.mapping, usual.clients, readDate);
  const petsRead = petRows(pets.name, petHeaders, settings.mapping, usual.pets, readDate);
  const columnsOf = (headers: Headers, fields: readonly string[]): RowColumns => ({
    key: headers.columnOf('key'),
    oneLine: headers.columnsOf(fields),
  });
  return {
    clients: {
      table: clients,
      headers: clientHeaders,
      rows: clientsRead,
      columns: columnsOf(clientHeaders, oneLine.clients),
    },
    pets: {
      table: pets,
      headers: petHeaders,
      rows: petsRead,
      columns: columnsOf(petHeaders, oneLine.pets),
    },
    oddDates: () => odd,
  };
}
