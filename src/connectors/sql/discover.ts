import { stringify } from 'yaml';
import type { Discovery } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { PimsProblem } from '../errors.js';
import { type ListedTable, readCatalog } from './catalog.js';
import { first, quote, quoteTable } from './dialect.js';
import { clientWords, ownershipWords, petWords, plainName, tableWords } from './discover-words.js';
import type { MappingInput } from './mapping.js';
import { textOf } from './values.js';

/** Field -> column, for one table. */
type Guess = Record<string, string>;

interface Candidate {
  table: ListedTable;
  guess: Guess;
}

/**
 * Reads the catalog of an unknown installation and proposes a mapping by the names of tables and columns, with numbers
 * that let a person judge it: types, fill rates, distinct counts. Values are shown only when `samples` asks for them.
 */
export async function discoverSql(
  driver: SqlDriver,
  { samples, signal }: { samples: boolean; signal: AbortSignal },
): Promise<Discovery> {
  const catalog = await readCatalog(driver, signal);
  const clients = best(catalog, clientWords, tableWords.clients, ['key', 'lastName']);
  const pets = best(catalog, petWords, tableWords.pets, ['key', 'name', 'species']);
  if (!clients || !pets) {
    throw new PimsProblem({
      code: 'pims-schema-differs',
      message: `Among the ${catalog.length} tables and views that this login sees, none looks like ${clients ? 'pets' : 'clients'}.`,
      help: 'Check that the login may see the tables (SELECT), and that `database` is the right one.',
    });
  }
  const { owner, ...pet } = pets.guess;
  const ownerships =
    owner === undefined ? best(catalog, ownershipWords, tableWords.ownerships, ['pet', 'client']) : undefined;

  const evidence: string[] = [`${catalog.length} tables and views.`];
  for (const candidate of [clients, pets, ownerships]) {
    if (candidate) evidence.push(...(await weigh(driver, candidate, samples, signal)));
  }
  const mapping = {
    clients: clientPart(clients),
    pets: petPart({ table: pets.table, guess: pet }, owner ?? null, catalog),
    ownerships: ownerships
      ? { table: ownerships.table.name, pet: '', client: '', ...ownerships.guess }
      : null,
  } satisfies MappingInput;
  return { proposal: `${heading}${stringify({ mapping })}`, evidence };
}

const heading =
  "# Proposed by names only. Read it against the evidence, correct it, paste it under the practice's `connection`,\n" +
  '# then run "pims-sync check". What is missing here was not recognised; fields may be left out.\n';

/** The table whose columns answer most of our words; one named like it wins over one that is not. */
function best(
  catalog: ListedTable[],
  words: Record<string, RegExp[]>,
  named: RegExp,
  required: string[],
): Candidate | undefined {
  const candidates = catalog.flatMap((table) => {
    const guess = guessColumns(table, words);
    if (!required.every((field) => field in guess)) return [];
    return [{ table, guess, score: Object.keys(guess).length + (named.test(table.table) ? 3 : 0) }];
  });
  return candidates.sort((a, b) => b.score - a.score || a.table.name.length - b.table.name.length)[0];
}

function guessColumns(table: ListedTable, words: Record<string, RegExp[]>): Guess {
  const guess: Guess = {};
  const taken = new Set<string>();
  for (const [field, patterns] of Object.entries(words)) {
    for (const pattern of patterns) {
      const column = table.columns.find(
        ({ name }) => !taken.has(name) && pattern.test(plainName(name, table.table)),
      );
      if (!column) continue;
      guess[field] = column.name;
      taken.add(column.name);
      break;
    }
  }
  return guess;
}

function clientPart({ table, guess }: Candidate): MappingInput['clients'] {
  const { key = '', email, homePhone, areaCode, workPhone, cellPhone, ...rest } = guess;
  const { inactive, active, deleted, recordState, optOut, wantsMail, ...fields } = rest;
  const home = homePhone && areaCode ? { number: homePhone, area: areaCode } : homePhone;
  return {
    table: table.name,
    key,
    keyType: keyTypeOf(table, key),
    ...fields,
    emails: email ? [email] : [],
    phones: {
      ...(home ? { home } : {}),
      ...(workPhone ? { work: workPhone } : {}),
      ...(cellPhone ? { cell: cellPhone } : {}),
    },
    inactive: { ...(inactive ? { [inactive]: true } : {}), ...(active ? { [active]: false } : {}) },
    deleted: { ...(deleted ? { [deleted]: true } : {}), ...(recordState ? { [recordState]: 'D' } : {}) },
    optOut: { ...(optOut ? { [optOut]: true } : {}), ...(wantsMail ? { [wantsMail]: false } : {}) },
  };
}

function petPart(
  { table, guess }: Candidate,
  owner: string | null,
  catalog: ListedTable[],
): MappingInput['pets'] {
  const { key = '', inactive, active, deceased, deleted, recordState, ...fields } = guess;
  const joins: Record<string, { table: string; on: Record<string, string> }> = {};
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
    inactive: { ...(inactive ? { [inactive]: true } : {}), ...(active ? { [active]: false } : {}) },
    deceased: deceased ? { [deceased]: true } : {},
    deleted: { ...(deleted ? { [deleted]: true } : {}), ...(recordState ? { [recordState]: 'D' } : {}) },
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

/** What the chosen columns hold, in numbers: `lastName = CLIENT_LAST (varchar): 98 % filled, 6120 distinct`. */
async function weigh(
  driver: SqlDriver,
  { table, guess }: Candidate,
  samples: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const { dialect } = driver;
  const q = (name: string): string => quote(dialect, name);
  const fields = Object.entries(guess);
  const list = fields.flatMap(([, column], at) => {
    const name = `t.${q(column)}`;
    const filled = isText(table, column) ? `NULLIF(${name}, '')` : name;
    return [`COUNT(${filled}) AS ${q(`f${at}`)}`, `COUNT(DISTINCT ${name}) AS ${q(`d${at}`)}`];
  });
  const from = `FROM ${quoteTable(dialect, table.name)} t`;
  const [row] = await driver.query(`SELECT COUNT(*) AS ${q('n')}, ${list.join(', ')} ${from}`, [], {
    signal,
  });
  const total = Number(row?.n);
  const lines = [`${table.name}: ${total} rows, ${table.columns.length} columns.`];
  for (const [at, [field, column]] of fields.entries()) {
    const type = table.columns.find(({ name }) => name === column)?.type ?? 'unknown';
    const percent = total === 0 ? 0 : Math.round((Number(row?.[`f${at}`]) / total) * 100);
    const shown = samples ? await sample(driver, column, from, signal) : '';
    lines.push(
      `  ${field} = ${column} (${type}): ${percent} % filled, ${Number(row?.[`d${at}`])} distinct${shown}`,
    );
  }
  return lines;
}

function isText(table: ListedTable, column: string): boolean {
  return /char|text|string/.test(table.columns.find(({ name }) => name === column)?.type ?? '');
}

async function sample(driver: SqlDriver, column: string, from: string, signal: AbortSignal): Promise<string> {
  const name = `t.${quote(driver.dialect, column)}`;
  const rest = `${name} AS ${quote(driver.dialect, 'v')} ${from} WHERE ${name} IS NOT NULL GROUP BY ${name}`;
  const rows = await driver.query(first(driver.dialect, 3, rest), [], { signal });
  return `, such as ${rows.map((each) => JSON.stringify((textOf(each.v) ?? '').slice(0, 40))).join(', ')}`;
}
