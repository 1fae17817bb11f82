import { resolve } from 'node:path';
import type { ConnectorContext } from '../contract.js';
import { tomorrow } from '../dates.js';
import { clientRows, type ClientRows } from './client.js';
import { writtenDates } from './dates.js';
import { findHeaders, type Headers } from './headers.js';
import { petRows, type PetRows } from './pet.js';
import type { CsvSettings } from './settings.js';
import { openTable, type Table } from './table.js';
import type { UsualHeaders } from './usual.js';

/** Both files of a practice, looked through and understood, ready to be scanned. */
export interface Source {
  clients: { table: Table; headers: Headers; rows: ClientRows };
  pets: { table: Table; headers: Headers; rows: PetRows };
  /** How many dates could not be read so far; many of them mean that `dates` is set wrong. */
  oddDates(): number;
}

/** Throws a PimsProblem when a file is absent, being written, or lacks a header. */
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
  return {
    clients: {
      table: clients,
      headers: clientHeaders,
      rows: clientRows(clients.name, clientHeaders, settings.mapping, usual.clients, readDate),
    },
    pets: {
      table: pets,
      headers: petHeaders,
      rows: petRows(pets.name, petHeaders, settings.mapping, usual.pets, readDate),
    },
    oddDates: () => odd,
  };
}
