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
  /** The one that the practice has now. */
  current: Mapping;
}

/**
 * Reads the catalog of an installation and proposes its mapping: what the practice's mapping names and the catalog has
 * stays as it is, and only the rest is guessed by the names of tables and columns. Numbers let a person judge it: types,
 * fill rates, distinct counts. Values are shown only when `samples` asks for them.
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
      message: `Among the ${catalog.length} tables and views that this login sees, none looks like ${clients ? 'pets' : 'clients'}.`,
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
  '# The connector\'s own mapping fits this installation: nothing needs to be pasted. Run "pims-sync check".\n';

const heading =
  "# Only these lines differ from the connector's own mapping, so only these need to be pasted, in the place of any\n" +
  "# `mapping` that stands under the practice's `connection`. They are proposed by names only: read them against the\n" +
  '# evidence, correct them, then run "pims-sync check".\n';

const takenAway =
  '# `null` takes away what this installation was not seen to have. Look first whether it is there under another name,\n' +
  '# above all a flag that says who not to mail.\n';

const wholeHeading =
  "# The whole mapping, with what the connector's own says already. Only the lines that differ need to be pasted:\n" +
  '# "pims-sync discover" without --whole prints just those.\n';

/** The table that the mapping names, if this installation has it and a key can be seen in it. */
function standing(
  ground: Ground,
  { table, key }: { table: string; key: string },
  words: Words,
): ListedTable | undefined {
  const listed = findTable(ground.dialect, ground.catalog, table);
  return listed && (keptOf(ground, listed).has(key) || 'key' in guessColumns(listed, words)) ? listed : undefined;
}

/** The table of who owns which pet, and whether the mapping knew it. None is guessed while nothing is missing. */
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
  // Where pets name an owner, only a table with shares tells more than that.
  const named = ownerStands || 'owner' in guessColumns(petTable, petWords);
  const others = ground.catalog.filter(({ name }) => name !== clientTable.name && name !== petTable.name);
  const required = named ? ['pet', 'client', 'share'] : ['pet', 'client'];
  return { owners: bestTable(others, ownershipWords, tableWords.ownerships, required), known: false };
}

/** The columns of a part's own table, each with the place in the mapping that names it. */
function fieldsOf(mapping: Mapping, part: string): [field: string, column: string][] {
  const columns = namedTables(mapping).find(({ path }) => path === part)?.columns ?? [];
  const fields = new Map<string, string>();
  for (const { column, path } of columns) {
    if (!fields.has(column)) fields.set(column, path.slice(part.length + 1));
  }
  return [...fields].map(([column, field]) => [field, column]);
}

/** What the chosen columns hold, in numbers: `lastName = CLIENT_LAST (varchar): 98 % filled, 6120 distinct`. */
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
