import { stringify } from 'yaml';
import type { Discovery } from '../contract.js';
import type { SqlDriver } from '../drivers/driver.js';
import { PimsProblem } from '../errors.js';
import { type ListedTable, readCatalog } from './catalog.js';
import { first, quote, quoteTable } from './dialect.js';
import { type Candidate, clientPart, type Guess, isWords, ownershipPart, petPart } from './discover-parts.js';
import {
  clientWords,
  flagFields,
  ownershipWords,
  petWords,
  plainName,
  tableWords,
  wordFields,
} from './discover-words.js';
import type { Mapping, MappingInput } from './mapping.js';
import { textOf } from './values.js';

/**
 * Reads the catalog of an unknown installation and proposes a mapping by the names of tables and columns, with numbers
 * that let a person judge it: types, fill rates, distinct counts. Values are shown only when `samples` asks for them.
 */
export async function discoverSql(
  driver: SqlDriver,
  current: Mapping,
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
  // Where pets name an owner, only a table with shares tells more than that.
  const owners = catalog.filter(({ name }) => name !== clients.table.name && name !== pets.table.name);
  const required = owner === undefined ? ['pet', 'client'] : ['pet', 'client', 'share'];
  const ownerships = best(owners, ownershipWords, tableWords.ownerships, required);

  const evidence: string[] = [`${catalog.length} tables and views.`];
  for (const candidate of [clients, pets, ownerships]) {
    if (candidate) evidence.push(...(await weigh(driver, candidate, samples, signal)));
  }
  const mapping = {
    clients: clientPart(clients, catalog),
    pets: petPart({ table: pets.table, guess: pet }, owner ?? null, catalog),
    ownerships: ownerships ? ownershipPart(ownerships) : null,
  } satisfies MappingInput;
  return { proposal: `${heading}${stringify({ mapping: withoutRest(mapping, current) })}`, evidence };
}

const heading =
  "# Proposed by names only. Read it against the evidence, correct it, paste it under the practice's `connection`,\n" +
  '# then run "pims-sync check". What is missing here was not recognised; fields may be left out.\n';

/**
 * A proposal is laid over the connector's own mapping, so what that one names and this installation was not seen to have
 * is taken away in words: `companyName: null`.
 */
function withoutRest(proposed: object, current: object): object {
  const whole: Record<string, unknown> = { ...proposed };
  for (const [name, value] of Object.entries(current)) {
    const own = whole[name];
    if (name === 'codes' || name === 'where' || isEmpty(value)) continue;
    if (own === undefined) whole[name] = null;
    else if (isPlain(own) && isPlain(value)) whole[name] = withoutRest(own, value);
  }
  return whole;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (isPlain(value) && Object.keys(value).length === 0);

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
      const fits = table.columns.filter(
        ({ name, type }) =>
          !taken.has(name) &&
          pattern.test(plainName(name, table.table)) &&
          (isWords(type) || !wordFields.includes(field)),
      );
      for (const { name } of flagFields.includes(field) ? fits : fits.slice(0, 1)) {
        guess[field in guess ? `${field} ${taken.size}` : field] = name;
        taken.add(name);
      }
      if (field in guess && !flagFields.includes(field)) break;
    }
  }
  return guess;
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
    const type = table.columns.find((each) => each.name === column)?.type ?? '';
    const filled = isWords(type) ? `NULLIF(${name}, '')` : name;
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

async function sample(driver: SqlDriver, column: string, from: string, signal: AbortSignal): Promise<string> {
  const name = `t.${quote(driver.dialect, column)}`;
  const rest = `${name} AS ${quote(driver.dialect, 'v')} ${from} WHERE ${name} IS NOT NULL GROUP BY ${name}`;
  const rows = await driver.query(first(driver.dialect, 3, rest), [], { signal });
  return `, such as ${rows.map((each) => JSON.stringify((textOf(each.v) ?? '').slice(0, 40))).join(', ')}`;
}
