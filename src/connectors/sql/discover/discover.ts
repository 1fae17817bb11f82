import { stringify } from 'yaml';
import type { Discovery } from '../../contract.js';
import type { SqlDriver } from '../../drivers/driver.js';
import { PimsProblem } from '../../errors.js';
import { findColumn, findTable, type ListedTable, readCatalog } from '../catalog.js';
import { first, quote, quoteTable } from '../dialect.js';
import { difference, whole, written } from './difference.js';
import { bestTable, guessColumns, isWords, type Words } from './guess.js';
import { type Ground, keptOf } from './kept.js';
import { clientPart, ownershipPart, petPart } from './parts.js';
import { clientWords, ownershipWords, petWords, tableWords } from './column-name-patterns.js';
import type { Mapping } from '../mapping.js';
import { namedTables } from '../mapped-columns.js';
import { proveNames } from '../verify-mapping.js';
import { textOf } from '../values.js';

export interface Mappings {
  /** The connector's own mapping. */
  usual: Mapping;
  /** The practice's current mapping. */
  current: Mapping;
}

/**
 * Reads the catalog of an installation and proposes its mapping. Keeps every name of the practice's mapping that the
 * catalog has, and guesses only the rest from the names of tables and columns. The evidence lets a person judge the
 * proposal: types, fill rates and distinct counts, and values only if `samples` is set.
 */
export async function discoverSql(
  driver: SqlDriver,
  { usual, current }: Mappings,
  { samples, signal }: { samples: boolean; signal: AbortSignal },
): Promise<Discovery> {
  const catalog = await readCatalog(driver, signal);
  const ground = { dialect: driver.dialect, catalog };
  const clients =
    standing(ground, current.clients, clientWords) ??
    bestTable(catalog, clientWords, tableWords.clients, ['key', 'lastName']);
  const pets =
    standing(ground, current.pets, petWords) ??
    bestTable(catalog, petWords, tableWords.pets, ['key', 'name', 'species']);
  if (!clients || !pets) {
    throw new PimsProblem({
      code: 'pims-schema-differs',
      message: `None of the ${catalog.length} tables and views that this login sees looks like ${clients ? 'pets' : 'clients'}.`,
      help: 'Check that the login may see the tables (SELECT), and that `database` is the right one.',
    });
  }
  const { owners, known } = ownersOf(ground, current, clients, pets);
  const wanted: Mapping = {
    ...current,
    clients: clientPart(ground, clients, { usual: usual.clients, current: current.clients }),
    pets: petPart(ground, pets, { usual: usual.pets, current: current.pets }, known),
    ownerships: owners ? ownershipPart(ground, owners, current.ownerships) : null,
  };

  const missing = proveNames(driver.dialect, catalog, namedTables(current)).problems;
  const evidence = [`${catalog.length} tables and views.`, ...missing.map(({ message }) => message)];
  for (const [part, table] of Object.entries({ clients, pets, ownerships: owners })) {
    if (table) evidence.push(...(await weigh(driver, table, fieldsOf(wanted, part), samples, signal)));
  }
  const over = difference(written(usual), written(wanted));
  const lines = stringify({ mapping: over });
  const words = Object.keys(over).length === 0 ? nothing : `${heading}${/: null$/m.test(lines) ? takenAway : ''}`;
  return {
    proposal: `${words}${lines}`,
    whole: `${wholeHeading}${stringify({ mapping: whole(written(wanted), over) })}`,
    evidence,
  };
}

const nothing =
  '# The connector\'s own mapping fits this installation. There is nothing to paste. Run "pims-sync check".\n';

const heading =
  "# Only these lines differ from the connector's own mapping. Paste them under the practice's `connection`, in place of\n" +
  '# any `mapping` there. They are guesses from names only: compare them with the evidence, correct them, then run\n' +
  '# "pims-sync check".\n';

const takenAway =
  '# `null` removes a part that this installation does not seem to have. First check whether it exists under another\n' +
  '# name, above all a flag that blocks email.\n';

const wholeHeading =
  "# The whole mapping, including the connector's own lines. Only the lines that differ must be pasted:\n" +
  '# "pims-sync discover" without --whole prints just those.\n';

/** Returns the table that the mapping names, if the installation has it and it has a key. */
function standing(
  ground: Ground,
  { table, key }: { table: string; key: string },
  words: Words,
): ListedTable | undefined {
  const listed = findTable(ground.dialect, ground.catalog, table);
  return listed && (keptOf(ground, listed).has(key) || 'key' in guessColumns(listed, words)) ? listed : undefined;
}

/** Finds the ownerships table, and whether the mapping names it. Guesses none if nothing is missing. */
function ownersOf(
  ground: Ground,
  { pets, ownerships }: Mapping,
  clientTable: ListedTable,
  petTable: ListedTable,
): { owners: ListedTable | undefined; known: boolean } {
  const listed = ownerships ? findTable(ground.dialect, ground.catalog, ownerships.table) : undefined;
  if (listed && ownerships) {
    const { has } = keptOf(ground, listed);
    const guess = guessColumns(listed, ownershipWords);
    const known = (has(ownerships.pet) || 'pet' in guess) && (has(ownerships.client) || 'client' in guess);
    if (known) return { owners: listed, known };
  }
  const ownerStands = keptOf(ground, petTable).has(pets.owner);
  if (ownerStands && ownerships === null) return { owners: undefined, known: false };
  // If pets name an owner, only a table with shares adds anything.
  const named = ownerStands || 'owner' in guessColumns(petTable, petWords);
  const others = ground.catalog.filter(({ name }) => name !== clientTable.name && name !== petTable.name);
  const required = named ? ['pet', 'client', 'share'] : ['pet', 'client'];
  return { owners: bestTable(others, ownershipWords, tableWords.ownerships, required), known: false };
}

/** Lists the columns of a part's own table, each with its place in the mapping. */
function fieldsOf(mapping: Mapping, part: string): [field: string, column: string][] {
  const columns = namedTables(mapping).find(({ path }) => path === part)?.columns ?? [];
  const fields = new Map<string, string>();
  for (const { column, path } of columns) {
    if (!fields.has(column)) fields.set(column, path.slice(part.length + 1));
  }
  return [...fields].map(([column, field]) => [field, column]);
}

/** Describes the chosen columns in numbers: `lastName = CLIENT_LAST (varchar): 98 % filled, 6120 distinct`. */
async function weigh(
  driver: SqlDriver,
  table: ListedTable,
  fields: [field: string, column: string][],
  samples: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const { dialect } = driver;
  const q = (name: string): string => quote(dialect, name);
  const typeOf = (column: string): string => findColumn(dialect, table, column)?.type ?? '';
  const list = fields.flatMap(([, column], at) => {
    const name = `t.${q(column)}`;
    const filled = isWords(typeOf(column)) ? `NULLIF(${name}, '')` : name;
    return [`COUNT(${filled}) AS ${q(`f${at}`)}`, `COUNT(DISTINCT ${name}) AS ${q(`d${at}`)}`];
  });
  const from = `FROM ${quoteTable(dialect, table.name)} t`;
  const sql = `SELECT ${[`COUNT(*) AS ${q('n')}`, ...list].join(', ')} ${from}`;
  const [row] = await driver.query(sql, [], { signal });
  const total = Number(row?.n);
  const lines = [`${table.name}: ${total} rows, ${table.columns.length} columns.`];
  for (const [at, [field, column]] of fields.entries()) {
    const type = typeOf(column) || 'unknown';
    const percent = total === 0 ? 0 : Math.round((Number(row?.[`f${at}`]) / total) * 100);
    const shown = samples ? await sample(driver, column, from, signal) : '';
    lines.push(`  ${field} = ${column} (${type}): ${percent} % filled, ${Number(row?.[`d${at}`])} distinct${shown}`);
  }
  return lines;
}

async function sample(driver: SqlDriver, column: string, from: string, signal: AbortSignal): Promise<string> {
  const name = `t.${quote(driver.dialect, column)}`;
  const rest = `${name} AS ${quote(driver.dialect, 'v')} ${from} WHERE ${name} IS NOT NULL GROUP BY ${name}`;
  const rows = await driver.query(first(driver.dialect, 3, rest), [], { signal });
  return `, such as ${rows.map((each) => JSON.stringify((textOf(each.v) ?? '').slice(0, 40))).join(', ')}`;
}
