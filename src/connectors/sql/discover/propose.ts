import type { Dialect } from '../../drivers/driver.js';
import { findColumn, findTable, type ListedTable } from '../catalog.js';
import { merge, type Mapping } from '../mapping/mapping.js';
import { at } from '../mapping/mapped-columns.js';
import { parts, referencesIn, type Part, type PartName, type Reference } from '../mapping/references.js';
import { meanings, phoneFields, wordsOf } from './column-name-patterns.js';
import { fieldOf, type Guess, guessColumns, isWords } from './guess.js';
import { holdsWords, keyTypeOf, lookupFor } from './lookup.js';

/** The tables of an installation, from its catalog. */
export interface Installation {
  dialect: Dialect;
  catalog: ListedTable[];
}

/** The columns that a part of a mapping names and that the installation has. */
export interface Present {
  has(reference: unknown): boolean;
  /** Names of joins that find nothing here: their table is missing, or a number would be compared to text. */
  brokenJoins: string[];
  /** In lower case: the columns of the part's own table that the mapping reads. */
  taken: Set<string>;
}

/** Looks up the columns of a part of a mapping in a table and in the tables that it joins. */
export function presentIn(
  { dialect, catalog }: Installation,
  name: PartName,
  mapping: Mapping,
  table: ListedTable,
): Present {
  const part = mapping[name];
  const joins = part !== null && 'joins' in part ? part.joins : {};
  const tables = new Map([['', table]]);
  const conditions = new Map<string, string[]>();
  for (const [join, to] of Object.entries(joins)) {
    const listed = to === null ? undefined : findTable(dialect, catalog, to.table);
    if (to === null || !listed) continue;
    const pairs = Object.entries(to.on).map(([theirs, ours]) => [
      findColumn(dialect, listed, theirs),
      findColumn(dialect, table, ours),
    ]);
    if (!pairs.every(([theirs, ours]) => theirs && ours && alike(theirs.type, ours.type))) continue;
    tables.set(join, listed);
    conditions.set(join, Object.values(to.on));
  }
  const split = (reference: string): [join: string, column: string] => {
    const [column = '', join = ''] = reference.split('.').reverse();
    return [join, column];
  };
  const has = (reference: unknown): boolean => {
    if (typeof reference !== 'string') return false;
    const [join, column] = split(reference);
    const listed = tables.get(join);
    return listed !== undefined && findColumn(dialect, listed, column) !== undefined;
  };
  const taken = referencesIn(name, mapping).flatMap(({ reference }) => {
    const [join, column] = split(reference);
    return has(reference) ? (conditions.get(join) ?? [column]) : [];
  });
  const broken = Object.keys(joins).filter((join) => joins[join] !== null && !tables.has(join));
  return { has, brokenJoins: broken, taken: new Set(taken.map((column) => column.toLowerCase())) };
}

/** Compares types. Some engines report no type for a view's column. */
const alike = (a: string, b: string): boolean => a === '' || b === '' || isWords(a) === isWords(b);

/** A mapping as the connector has it, and as the practice has it now. */
export interface Known {
  usual: Mapping;
  current: Mapping;
}

/**
 * Proposes an override of one part of a mapping for a table. Keeps every name that the installation has, and guesses a
 * column for the others and for members that neither the connector nor the practice fills. Null removes a name for
 * which there is no guess.
 *
 * @param settled fields that need no guess
 */
export function proposePart(
  installation: Installation,
  name: PartName,
  table: ListedTable,
  { usual, current }: Known,
  settled: readonly string[] = [],
): Part {
  const { has, brokenJoins, taken } = presentIn(installation, name, current, table);
  const [now, usually] = [current[name] ?? {}, usual[name] ?? {}] as [Part, Part];
  const { fields, flags } = parts[name];
  const lost = referencesIn(name, current).filter(({ reference }) => !has(reference));
  const open = [...fields, ...flags, 'emails', 'phones'].filter(
    (member) => isEmpty(now[member]) && isEmpty(usually[member]),
  );
  const wanted = [...lost.map(({ path }) => path), ...open.map((member) => `${name}.${member}`)].flatMap(fieldsFor);
  const patterns = Object.entries(wordsOf[name]).filter(
    ([field]) => wanted.includes(field) && !settled.includes(field),
  );
  const guess = guessColumns(table, Object.fromEntries(patterns), taken);

  const joins: Part = Object.fromEntries(brokenJoins.map((join) => [join, null]));
  if (name === 'pets') Object.assign(joins, lookUp(installation, table, guess));
  const listed = findTable(installation.dialect, installation.catalog, String(now.table));
  const over: Part = {
    ...(listed?.name === table.name ? {} : { table: table.name }),
    ...replaced(name, lost, guess),
    ...Object.fromEntries(
      open.flatMap((member) => (fields.includes(member) && guess[member] ? [[member, guess[member]]] : [])),
    ),
    joins,
  };
  if (name === 'clients' && over.key !== undefined) over.keyType = keyTypeOf(table, guess.key);
  if (wanted.includes('email') && (guess.email || lost.some(({ path }) => path === 'clients.emails')))
    over.emails = [...current.clients.emails.filter(has), ...(guess.email ? [guess.email] : [])];
  const found: Part = { phones: guessedPhones(guess) };
  for (const flag of flags) found[flag] = raisedBy(guess, flag);
  return Object.fromEntries(
    Object.entries(merge(over, found) as Part).filter(([, value]) => value === null || !isEmpty(value)),
  );
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);

/** Returns the fields of the patterns that may hold what a path of the mapping holds. */
function fieldsFor(path: string): string[] {
  const member = path.split('.')[1] ?? '';
  if (meanings[member]) return Object.keys(meanings[member]);
  const isPhone = member === 'phones' && !path.endsWith('.area');
  return isPhone ? [...Object.values(phoneFields), 'areaCode'] : [fieldOf(path)];
}

/** Replaces lost columns of fields by their guesses, and removes the others; `emails` are replaced as a whole list. */
function replaced(name: PartName, lost: readonly Reference[], guess: Guess): Part {
  // The longest path first: removing a phone also removes the override of its area code.
  const overrides = [...lost]
    .sort((a, b) => b.path.length - a.path.length)
    .filter(({ path }) => path !== 'clients.emails')
    .map(({ path, renamed, without }) => {
      const fields = fieldsFor(path);
      const column = fields.length === 1 ? guess[fields[0] as string] : undefined;
      return at(path, column === undefined ? without : renamed(column));
    });
  return (overrides.reduce((all, each) => merge(all, each) as object, {}) as Record<PartName, Part>)[name] ?? {};
}

function guessedPhones(guess: Guess): Part {
  const { areaCode: area } = guess;
  return Object.fromEntries(
    Object.entries(phoneFields).flatMap(([label, field]) => {
      const number = guess[field];
      return number ? [[label, label === 'home' && area ? { number, area } : number]] : [];
    }),
  );
}

/** Returns the guessed columns that raise a flag. Several columns of one meaning are `optOut`, `optOut 2`. */
function raisedBy(guess: Guess, flag: string): Part {
  return Object.fromEntries(
    Object.entries(guess).flatMap(([field, column]) => {
      const value = meanings[flag]?.[field.split(' ')[0] ?? ''];
      return value === undefined ? [] : [[column, value]];
    }),
  );
}

/** Replaces guessed references to tables of species and breeds by joins, and returns these. */
function lookUp({ catalog }: Installation, table: ListedTable, guess: Guess): Part {
  const joins: Part = {};
  for (const field of ['species', 'breed'] as const) {
    const column = guess[field];
    const lookup = column === undefined ? undefined : lookupFor(column, table, field, catalog);
    if (column !== undefined && lookup) {
      joins[field] = { table: lookup.table, on: { [lookup.key]: column } };
      guess[field] = `${field}.${lookup.text}`;
    } else if (column !== undefined && field === 'breed' && !holdsWords(column, table)) {
      // A number that refers to a missing table means nothing to a pet parent.
      delete guess[field];
    }
  }
  return joins;
}
