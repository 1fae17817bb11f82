import type { ListedTable } from '../catalog.js';
import { isWords } from './guess.js';
import { plainName } from './column-name-patterns.js';

/** Returns whether a column holds text. */
export const holdsWords = (column: string, { columns }: ListedTable): boolean =>
  isWords(columns.find(({ name }) => name === column)?.type ?? '');

/** Finds the table for a reference: for `SPECIES_GUID` a table named like species, with this column and a name. */
export function lookupFor(
  column: string,
  from: ListedTable,
  word: string,
  catalog: ListedTable[],
): { table: string; key: string; text: string } | undefined {
  if (!/(guid|id|key|code)$/i.test(column)) return undefined;
  for (const table of catalog) {
    if (table.name === from.name || !new RegExp(word, 'i').test(table.table)) continue;
    const key = table.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    const text = table.columns.find(({ name }) => /^(name|desc|description)$/.test(plainName(name, table.table)));
    if (key && text) return { table: table.name, key: key.name, text: text.name };
  }
  return undefined;
}

/** Derives the key type of a guessed key from its column type. */
export function keyTypeOf(table: ListedTable, key: string | undefined): 'integer' | 'guid' | 'text' {
  const type = table.columns.find(({ name }) => name === key)?.type ?? '';
  if (/int|serial|numeric|decimal/.test(type)) return 'integer';
  return /uniqueidentifier|uuid/.test(type) ? 'guid' : 'text';
}
