import type { ListedTable } from './catalog.js';
import { flagFields, plainName, tableWords } from './discover-words.js';
import type { MappingInput } from './mapping.js';

/** Field -> column, for one table; a flag's further columns are under `field 2`, `field 3`. */
export type Guess = Record<string, string>;

interface Join {
  table: string;
  on: Record<string, string>;
}

export interface Candidate {
  table: ListedTable;
  guess: Guess;
}

/** True for a column type that holds text. */
export const isWords = (type: string): boolean => /char|text|string/.test(type);

/** The columns guessed for a flag, each with the value that raises it. */
function raised(guess: Guess, meanings: Record<string, boolean | string>): Record<string, boolean | string> {
  return Object.fromEntries(
    Object.entries(guess).flatMap(([field, column]) => {
      const meaning = meanings[field.split(' ')[0] ?? ''];
      return meaning === undefined ? [] : [[column, meaning]];
    }),
  );
}

function withoutFlags(guess: Guess): Guess {
  return Object.fromEntries(
    Object.entries(guess).filter(([field]) => !flagFields.includes(field.split(' ')[0] ?? '')),
  );
}

export function clientPart({ table, guess }: Candidate, catalog: ListedTable[]): MappingInput['clients'] {
  const { key = '', email, homePhone, areaCode, workPhone, cellPhone, ...fields } = withoutFlags(guess);
  const joins: Record<string, Join> = {};
  const words = (column: string): string => pointer(column, table, catalog, joins) ?? column;
  const home = homePhone && areaCode ? { number: homePhone, area: areaCode } : homePhone;
  const emails = email ? [words(email)] : [];
  const phones = {
    ...(home ? { home } : {}),
    ...(workPhone ? { work: words(workPhone) } : {}),
    ...(cellPhone ? { cell: words(cellPhone) } : {}),
  };
  return {
    table: table.name,
    key,
    keyType: keyTypeOf(table, key),
    ...(Object.keys(joins).length > 0 ? { joins } : {}),
    ...fields,
    emails,
    phones,
    inactive: raised(guess, { inactive: true, active: false }),
    deleted: raised(guess, { deleted: true, recordState: 'D' }),
    optOut: raised(guess, { optOut: true, wantsMail: false }),
  };
}

/** A number where words belong points into a table of phrases, as AVImark's emails do. */
function pointer(
  column: string,
  from: ListedTable,
  catalog: ListedTable[],
  joins: Record<string, Join>,
): string | undefined {
  if (isWords(from.columns.find(({ name }) => name === column)?.type ?? '')) return undefined;
  const phrases = catalog.find(({ table }) => tableWords.phrases.test(table));
  const key = phrases?.columns.find(({ name }) => /^(id|key)$/.test(plainName(name, phrases.table)));
  const text = phrases?.columns.find(({ type }) => isWords(type));
  if (!phrases || !key || !text) return undefined;
  const name = `${plainName(column, from.table)}Phrase`;
  joins[name] = { table: phrases.name, on: { [key.name]: column } };
  return `${name}.${text.name}`;
}

export function ownershipPart({ table, guess }: Candidate): MappingInput['ownerships'] {
  const ended = raised(guess, { recordState: 'D', deleted: true });
  return { table: table.name, pet: '', client: '', ...withoutFlags(guess), ended };
}

export function petPart(
  { table, guess }: Candidate,
  owner: string | null,
  catalog: ListedTable[],
): MappingInput['pets'] {
  const { key = '', ...fields } = withoutFlags(guess);
  const joins: Record<string, Join> = {};
  for (const field of ['species', 'breed'] as const) {
    const lookup = fields[field] === undefined ? undefined : lookupFor(fields[field], table, field, catalog);
    if (!lookup) continue;
    joins[field] = { table: lookup.table, on: { [lookup.key]: fields[field] as string } };
    fields[field] = `${field}.${lookup.text}`;
  }
  return {
    table: table.name,
    key,
    owner,
    ...(Object.keys(joins).length > 0 ? { joins } : {}),
    ...fields,
    inactive: raised(guess, { inactive: true, active: false }),
    deceased: raised(guess, { deceased: true }),
    deleted: raised(guess, { deleted: true, recordState: 'D' }),
  };
}

/** `SPECIES_GUID` points into a table named like species that has this column and one with a name in it. */
function lookupFor(
  column: string,
  from: ListedTable,
  word: string,
  catalog: ListedTable[],
): { table: string; key: string; text: string } | undefined {
  if (!/(guid|id|key|code)$/i.test(column)) return undefined;
  for (const table of catalog) {
    if (table.name === from.name || !new RegExp(word, 'i').test(table.table)) continue;
    const key = table.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    const text = table.columns.find(({ name }) =>
      /^(name|desc|description)$/.test(plainName(name, table.table)),
    );
    if (key && text) return { table: table.name, key: key.name, text: text.name };
  }
  return undefined;
}

function keyTypeOf(table: ListedTable, key: string): 'integer' | 'guid' | 'text' {
  const type = table.columns.find(({ name }) => name === key)?.type ?? '';
  if (/int|serial|numeric|decimal/.test(type)) return 'integer';
  return /uniqueidentifier|uuid/.test(type) ? 'guid' : 'text';
}
