import { stringify } from 'yaml';
import type { Discovery } from '../../contract.js';
import type { SqlDriver } from '../../drivers/driver.js';
import { PimsProblem } from '../../errors.js';
import { findColumn, findTable, type ListedTable, readCatalog } from '../catalog.js';
import { first, quote, quoteTable } from '../dialect.js';
import { merge, mergeMapping, type Mapping, type MappingInput } from '../mapping/mapping.js';
import { namedTables } from '../mapping/mapped-columns.js';
import type { Part, PartName } from '../mapping/references.js';
import { proveNames } from '../mapping/verify-mapping.js';
import { textOf } from '../values.js';
import { tableWords, wordsOf } from './column-name-patterns.js';
import { bestTable, guessColumns, isWords } from './guess.js';
import { type Installation, type Known, presentIn, proposePart } from './propose.js';

/**
 * Reads the catalog of an installation and proposes its mapping: keeps every name of the connector's own mapping and of
 * the practice's override that the catalog has, and guesses only the rest from the names of tables and columns. The
 * evidence lets a person judge the proposal: types, fill rates and distinct counts, and values only if `samples` is set.
 */
export async function discoverSql(
  driver: SqlDriver,
  { defaults, override = {} }: { defaults: MappingInput; override?: Part | undefined },
  { samples, signal }: { samples: boolean; signal: AbortSignal },
): Promise<Discovery> {
  const catalog = await readCatalog(driver, signal);
  const installation = { dialect: driver.dialect, catalog };
  const known = { usual: mergeMapping(defaults), current: mergeMapping(defaults, override) };
  const tables = tablesOf(installation, known.current);
  const over = merge(override, proposal(installation, tables, known)) as Part;

  const missing = proveNames(driver.dialect, catalog, namedTables(known.current)).problems;
  const evidence = [`${catalog.length} tables and views.`, ...missing.map(({ message }) => message)];
  const proposed = mergeMapping(defaults, over);
  for (const name of ['clients', 'pets', 'ownerships'] as const) {
    const table = tables[name];
    if (table) evidence.push(...(await weigh(driver, table, fieldsOf(proposed, name), samples, signal)));
  }
  const lines = stringify({ mapping: over });
  const words = Object.keys(over).length === 0 ? nothing : `${heading}${/: null$/m.test(lines) ? takenAway : ''}`;
  return {
    proposal: `${words}${lines}`,
    whole: `${wholeHeading}${stringify({ mapping: merge(defaults, over) })}`,
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

/** The tables to read, and whether the mapping names the table of ownerships. */
interface Tables {
  clients: ListedTable;
  pets: ListedTable;
  ownerships: ListedTable | undefined;
  ownersKnown: boolean;
}

function proposal(installation: Installation, tables: Tables, known: Known): Part {
  const { clients, pets, ownerships, ownersKnown } = tables;
  const owners = ownerships ? proposePart(installation, 'ownerships', ownerships, known) : null;
  const over: Part = {
    clients: proposePart(installation, 'clients', clients, known),
    pets: proposePart(installation, 'pets', pets, known, ownersKnown ? ['owner'] : []),
    ...(owners === null && known.current.ownerships === null ? {} : { ownerships: owners }),
  };
  return Object.fromEntries(
    Object.entries(over).filter(([, part]) => part === null || Object.keys(part as Part).length > 0),
  );
}

/** Finds the table of each part: the one that the mapping names if it has the columns, or the best guess. */
function tablesOf(installation: Installation, current: Mapping): Tables {
  const { catalog, dialect } = installation;
  const named = (name: PartName, needed: string[]): ListedTable | undefined => {
    const part = current[name] as Part | null;
    const listed = part && findTable(dialect, catalog, String(part.table));
    if (!part || !listed) return undefined;
    const { has } = presentIn(installation, name, current, listed);
    const guess = guessColumns(listed, wordsOf[name]);
    return needed.every((field) => has(part[field]) || field in guess) ? listed : undefined;
  };
  const clients =
    named('clients', ['key']) ?? bestTable(catalog, wordsOf.clients, tableWords.clients, ['key', 'lastName']);
  const pets = named('pets', ['key']) ?? bestTable(catalog, wordsOf.pets, tableWords.pets, ['key', 'name', 'species']);
  if (!clients || !pets) {
    throw new PimsProblem({
      code: 'pims-schema-differs',
      message: `None of the ${catalog.length} tables and views that this login sees looks like ${clients ? 'pets' : 'clients'}.`,
      help: 'Check that the login may see the tables (SELECT), and that `database` is the right one.',
    });
  }
  const owners = named('ownerships', ['pet', 'client']);
  if (owners) return { clients, pets, ownerships: owners, ownersKnown: true };
  // If pets name an owner, no other table is needed.
  const hasOwner =
    presentIn(installation, 'pets', current, pets).has(current.pets.owner) ||
    'owner' in guessColumns(pets, wordsOf.pets);
  const others = catalog.filter(({ name }) => name !== clients.name && name !== pets.name);
  const found = hasOwner ? undefined : bestTable(others, wordsOf.ownerships, tableWords.ownerships, ['pet', 'client']);
  return { clients, pets, ownerships: found, ownersKnown: false };
}

/** Lists the columns of a part's own table, each with its place in the mapping. */
function fieldsOf(mapping: Mapping, name: PartName): [field: string, column: string][] {
  const columns = namedTables(mapping).find(({ path }) => path === name)?.columns ?? [];
  const fields = new Map<string, string>();
  for (const { column, path } of columns) {
    if (!fields.has(column)) fields.set(column, path.slice(name.length + 1));
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
