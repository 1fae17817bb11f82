import type { ListedTable } from '../catalog.js';
import { flagFields, phoneFields, plainName, wordFields, wordsOf } from './column-name-patterns.js';

/** Field -> column for one table; more columns of a flag have the keys `field 2`, `field 3`. */
export type Guess = Record<string, string>;

/** Field -> patterns of the columns that may hold it. */
export type Words = Record<string, RegExp[]>;

/** Returns whether a column type holds text. */
export const isWords = (type: string): boolean => /char|text|string/.test(type);

/**
 * Guesses which columns of a table hold our fields. Uses no column twice.
 *
 * @param taken columns that the mapping already uses, in lower case
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

/** Finds the table whose columns match most of our fields. A fitting table name counts as three columns. */
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

const fieldsOfPaths: Record<string, string> = {
  emails: 'email',
  'phones.business': 'workPhone',
  ...Object.fromEntries(Object.entries(phoneFields).map(([label, field]) => [`phones.${label}`, field])),
};

/** Returns the field of the patterns for a path of the mapping: `email` for `clients.emails`. */
export function fieldOf(path: string): string {
  const rest = path.slice(path.indexOf('.') + 1);
  return rest.endsWith('.area') ? 'areaCode' : (fieldsOfPaths[rest] ?? rest);
}

/** Guesses the column for a path of the mapping: E_MAIL for `clients.emails`. */
export function columnFor(path: string, table: ListedTable, taken: ReadonlySet<string>): string | undefined {
  const field = fieldOf(path);
  const patterns = (wordsOf as Record<string, Words>)[path.split('.')[0] ?? '']?.[field];
  return patterns && Object.values(guessColumns(table, { [field]: patterns }, taken))[0];
}
