import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CatalogTable } from '../contract.js';
import { openTable, type TableOptions } from './table.js';

/** Every CSV file of the folder with its headers and number of rows, for `discover`. Cells are not looked at. */
export async function catalogOf(
  folder: string,
  options: TableOptions,
  signal: AbortSignal,
): Promise<CatalogTable[]> {
  const names = (await readdir(folder)).filter((name) => /\.(csv|tsv|txt)$/i.test(name)).sort();
  const tables: CatalogTable[] = [];
  for (const name of names) {
    const table = await openTable(resolve(folder, name), options, signal);
    let rows = 0;
    await table.scan(
      () => rows++,
      () => {},
      signal,
    );
    tables.push({ name, columns: table.header.map((header) => ({ name: header, type: 'text' })), rows });
  }
  return tables;
}
