import type { ListedTable } from '../catalog.js';
import { clientWords, flagFields, ownershipWords, petWords, plainName, wordFields } from './column-name-patterns.js';

/** Field -> column, for one table; a flag's further columns are under `field 2`, `field 3`. */
export type Guess = Record<string, string>;

/** For each of our fields the patterns of the columns that may hold it. */
export type Words = Record<string, RegExp[]>;

/** True for a column type that holds text. */
export const isWords = (type: string): boolean => /char|text|string/.test(type);

/**
 * The columns of a table that read like our fields. No column is taken twice.
 *
 * @param taken columns that the mapping has a use for already, in lower case
 */
export function guessColumns(table: ListedTable, words: Words, taken: ReadonlySet<string> = new Set()): Guess {
  const guess: Guess = {};
  const used = new Set(taken);
  for (const [field, patterns] of Object.entries(words)) {
    for (const pattern of patterns) {
      const fits = table.columns.filter(
        ({ name, type }) =>
          !used.has(name.toLowerCase()) &&
          pattern.test(plainName(name, table.table)) &&
          (isWords(type) || !wordFields.includes(field)),
      );
      for (const { name } of flagFields.includes(field) ? fits : fits.slice(0, 1)) {
        guess[field in guess ? `${field} ${used.size}` : field] = name;
        used.add(name.toLowerCase());
      }
      if (field in guess && !flagFields.includes(field)) break;
    }
  }
  return guess;
}

/** The table whose columns answer most of our words; one named like it wins over one that is not. */
export function bestTable(
  catalog: ListedTable[],
  words: Words,
  named: RegExp,
  required: string[],
): ListedTable | undefined {
  const candidates = catalog.flatMap((table) => {
    const guess = guessColumns(table, words);
    if (!required.every((field) => field in guess)) return [];
    return [{ table, score: Object.keys(guess).length + (named.test(table.table) ? 3 : 0) }];
  });
  return candidates.sort((a, b) => b.score - a.score || a.table.name.length - b.table.name.length)[0]?.table;
}

const wordsOf: Record<string, Words> = { clients: clientWords, pets: petWords, ownerships: ownershipWords };
const wordOf: Record<string, string> = {
  emails: 'email',
  'phones.home': 'homePhone',
  'phones.work': 'workPhone',
  'phones.business': 'workPhone',
  'phones.cell': 'cellPhone',
};

/** The column that reads like the field at a path of the mapping: `clients.emails` is E_MAIL. */
export function columnFor(path: string, table: ListedTable, taken: ReadonlySet<string>): string | undefined {
  const [part = '', ...rest] = path.split('.');
  const field = wordOf[rest.join('.')] ?? rest.join('.');
  const patterns = wordsOf[part]?.[field];
  return patterns && Object.values(guessColumns(table, { [field]: patterns }, taken))[0];
}
