import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Discovery } from '../contract.js';
import { PimsProblem } from '../errors.js';
import { clientRows } from './client.js';
import { findHeaders, type Headers } from './headers.js';
import { petRows } from './pet.js';
import { guarded } from './problems.js';
import type { CsvSettings } from './settings.js';
import { openTable, type Table } from './table.js';
import type { UsualHeaders } from './header-aliases.js';

/**
 * Reads every CSV file of the folder, and proposes the two whose headers match most fields of clients and pets. The
 * evidence holds counts, and cells only if `samples` is set.
 */
export async function discoverFolder(
  folder: string,
  settings: CsvSettings,
  usual: UsualHeaders,
  { samples, signal }: { samples: boolean; signal: AbortSignal },
): Promise<Discovery> {
  const evidence: string[] = [];
  const found: Record<'clients' | 'patients', { file: string; headers: Headers }[]> = {
    clients: [],
    patients: [],
  };
  const names = (await guarded(folder, signal, () => readdir(folder))).filter((name) => /\.(csv|tsv|txt)$/i.test(name));
  for (const name of names.sort()) {
    const table = await openTable(resolve(folder, name), settings, signal);
    evidence.push(...(await weigh(table, samples, signal)));
    const understood = (read: (headers: Headers) => unknown): Headers[] => {
      try {
        const headers = findHeaders(name, table.header);
        read(headers);
        return [headers];
      } catch (error) {
        if (error instanceof PimsProblem) return [];
        throw error;
      }
    };
    const { mapping } = settings;
    const clients = understood((headers) => clientRows(name, headers, mapping, usual.clients, () => null));
    const pets = understood((headers) => petRows(name, headers, mapping, usual.pets, () => null));
    found.clients.push(...clients.map((headers) => ({ file: name, headers })));
    found.patients.push(...pets.map((headers) => ({ file: name, headers })));
  }
  const [clients, patients] = [richest(found.clients), richest(found.patients)];
  if (!clients || !patients)
    throw new PimsProblem({
      code: 'pims-schema-differs',
      message: `None of the ${names.length} CSV files in ${folder} has the headers of ${clients ? 'patients' : 'clients'}.`,
      help: `Export them there, or name the headers in the mapping. Found: ${evidence.join('\n')}`,
    });
  const proposal = {
    clients: clients.file,
    patients: patients.file,
    mapping: { clients: named(clients.headers, ['emails']), pets: named(patients.headers, []) },
  };
  return { proposal: `${heading}${stringify(proposal)}`, evidence };
}

const heading =
  "# A guess from headers only. Compare it with the evidence, correct it, paste it under the practice's `connection`,\n" +
  '# then run "pims-sync check". Fields that are missing here are unknown, or recognized without a mapping.\n';

const richest = <T extends { headers: Headers }>(candidates: T[]): T | undefined =>
  candidates.sort((a, b) => b.headers.found.size - a.headers.found.size)[0];

/** Returns fields with their headers in the form of the settings. Phones and flags need no mapping. */
function named({ found }: Headers, lists: string[]): Record<string, string | string[]> {
  const unnamed = ['phones', 'inactive', 'deleted', 'deceased', 'optOut', 'neutered'];
  return Object.fromEntries(
    [...found]
      .filter(([field]) => !unnamed.includes(field))
      .map(([field, headers]) => [field, lists.includes(field) ? headers : headers[0]!]),
  );
}

/** Stops counting at this number of different values: the evidence only has to distinguish codes from names. */
const manyValues = 1000;

/** Describes each column of a file: `Status: 98 % filled, 3 different values`. */
async function weigh(table: Table, samples: boolean, signal: AbortSignal): Promise<string[]> {
  const columns = table.header.map((name) => ({ name, filled: 0, values: new Set<string>() }));
  let rows = 0;
  await table.scan(
    (cells) => {
      rows++;
      for (const [at, column] of columns.entries()) {
        const cell = cells[at]!.trim();
        if (cell === '') continue;
        column.filled++;
        if (column.values.size < manyValues) column.values.add(cell);
      }
    },
    () => {},
    signal,
  );
  const lines = columns.map(({ name, filled, values }) => {
    const percent = rows === 0 ? 0 : Math.round((filled / rows) * 100);
    const count = values.size < manyValues ? `${values.size}` : `${manyValues} or more`;
    const shown = samples
      ? `, such as ${[...values]
          .slice(0, 3)
          .map((value) => JSON.stringify(value.slice(0, 40)))
          .join(', ')}`
      : '';
    return `  ${name}: ${percent} % filled, ${count} different values${shown}`;
  });
  return [`${table.name}: ${rows} rows.`, ...lines];
}
