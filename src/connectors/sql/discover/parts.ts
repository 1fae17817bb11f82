import { findTable, type ListedTable } from '../catalog.js';
import { flagsOf, flagWords, withGuessed } from './flags.js';
import { type Guess, guessColumns, type Words } from './guess.js';
import { type Ground, type Joins, joinsOf, type Kept, keptOf } from './kept.js';
import { holdsWords, keyTypeOf, lookupFor, pointer } from './lookup.js';
import { keptPhones, phoneWords, withGuessedPhones } from './phones.js';
import { clientWords, ownershipWords, petWords } from './column-name-patterns.js';
import type { Mapping } from '../mapping.js';
import { clientFields, ownershipFields, petFields } from './references.js';

/** A part of the connector's own mapping and of the practice's current one. */
interface Two<Part> {
  usual: Part;
  current: Part;
}

/** Builds the mapping of clients: keeps the names that exist in the installation, and guesses the others. */
export function clientPart(
  ground: Ground,
  table: ListedTable,
  { usual, current }: Two<Mapping['clients']>,
): Mapping['clients'] {
  const kept = keptOf(ground, table, current.joins);
  const emails = current.emails.filter((reference) => kept.has(reference));
  // An empty list that overrides the connector's own is intended: this practice's clients have no addresses.
  const unsaid = current.emails.length === 0 && usual.emails.length === 0;
  const phones = keptPhones(kept, current.phones);
  const flags = ['inactive', 'deleted', 'optOut'] as const;
  const raised = flagsOf(kept, current, flags);
  const taken = kept.columnsOf([
    ...clientFields.map((field) => current[field]).filter((reference) => kept.has(reference)),
    ...emails,
    ...Object.values(phones).flatMap(({ number, area, label }) => [number, area ?? [], label ?? []].flat()),
    ...flags.flatMap((flag) => Object.keys(raised[flag])),
  ]);
  const wanted = [
    ...lacking(kept, clientFields, usual, current),
    ...(emails.length < current.emails.length || unsaid ? ['email'] : []),
    ...phoneWords(phones, current.phones),
    ...flags.flatMap((flag) => flagWords(flag, raised[flag], current[flag])),
  ];
  const guess = guessColumns(table, only(clientWords, wanted), taken);
  const joins: Joins = { ...kept.joins };
  const words = (column: string): string => pointer(column, table, ground.catalog, joins) ?? column;
  const part = {
    ...current,
    ...fieldsOf(kept, current, clientFields, guess),
    table: tableName(ground, table, current.table),
    keyType: kept.has(current.key) ? current.keyType : keyTypeOf(table, guess.key),
    emails: [...emails, ...(guess.email ? [words(guess.email)] : [])],
    phones: withGuessedPhones(phones, current.phones, guess, words),
    ...withGuessed(raised, guess, flags),
  } as Mapping['clients'];
  const phoneReferences = Object.values(part.phones).flatMap((each) =>
    each ? [each.number, each.area, each.label] : [],
  );
  const references = [...clientFields.map((field) => part[field]), ...part.emails, ...phoneReferences];
  return {
    ...part,
    joins: joinsOf(joins, [...references, ...flags.flatMap((flag) => Object.keys(part[flag]))]),
  };
}

/** Builds the mapping of pets. Guesses the owner column only if there is no ownerships table. */
export function petPart(
  ground: Ground,
  table: ListedTable,
  { usual, current }: Two<Mapping['pets']>,
  ownersElsewhere: boolean,
): Mapping['pets'] {
  const kept = keptOf(ground, table, current.joins);
  const flags = ['inactive', 'deceased', 'deleted'] as const;
  const raised = flagsOf(kept, current, flags);
  const taken = kept.columnsOf([
    ...petFields.map((field) => current[field]).filter((reference) => kept.has(reference)),
    ...flags.flatMap((flag) => Object.keys(raised[flag])),
  ]);
  const wanted = [
    ...lacking(kept, petFields, usual, current).filter((field) => field !== 'owner' || !ownersElsewhere),
    ...flags.flatMap((flag) => flagWords(flag, raised[flag], current[flag])),
  ];
  const guess = guessColumns(table, only(petWords, wanted), taken);
  const joins: Joins = { ...kept.joins };
  for (const field of ['species', 'breed'] as const) {
    const column = guess[field];
    const lookup = column === undefined ? undefined : lookupFor(column, table, field, ground.catalog);
    if (column !== undefined && !lookup && field === 'breed' && !holdsWords(column, table)) {
      // A number that refers to a missing table means nothing to a pet parent.
      delete guess[field];
    }
    if (!column || !lookup) continue;
    joins[field] = { table: lookup.table, on: { [lookup.key]: column } };
    guess[field] = `${field}.${lookup.text}`;
  }
  const part = {
    ...current,
    ...fieldsOf(kept, current, petFields, guess),
    table: tableName(ground, table, current.table),
    ...withGuessed(raised, guess, flags),
  } as Mapping['pets'];
  const references = [...petFields.map((field) => part[field]), ...flags.flatMap((flag) => Object.keys(part[flag]))];
  return { ...part, joins: joinsOf(joins, references) };
}

/** Builds the mapping of ownerships for an installation with such a table. */
export function ownershipPart(
  ground: Ground,
  table: ListedTable,
  current: Mapping['ownerships'],
): NonNullable<Mapping['ownerships']> {
  const from = current ?? emptyOwnership;
  const kept = keptOf(ground, table);
  const raised = flagsOf(kept, from, ['ended']);
  const taken = kept.columnsOf([
    ...ownershipFields.map((field) => from[field]).filter((reference) => kept.has(reference)),
    ...Object.keys(raised.ended),
  ]);
  const wanted = [
    ...ownershipFields.filter((field) => !kept.has(from[field])),
    ...flagWords('ended', raised.ended, from.ended),
  ];
  const guess = guessColumns(table, only(ownershipWords, wanted), taken);
  return {
    ...from,
    ...fieldsOf(kept, from, ownershipFields, guess),
    table: tableName(ground, table, from.table),
    ...withGuessed(raised, guess, ['ended']),
  } as NonNullable<Mapping['ownerships']>;
}

const emptyOwnership: NonNullable<Mapping['ownerships']> = {
  table: '',
  pet: '',
  client: '',
  share: null,
  primary: null,
  endedOn: null,
  ended: {},
};

/** Keeps the mapping's spelling of a table name if it finds this table. */
function tableName({ dialect, catalog }: Ground, table: ListedTable, current: string): string {
  return findTable(dialect, catalog, current)?.name === table.name ? current : table.name;
}

const only = (words: Words, fields: readonly string[]): Words =>
  Object.fromEntries(Object.entries(words).filter(([field]) => fields.includes(field)));

/** Returns the fields to guess: their column is missing or unnamed, and the practice did not remove them itself. */
function lacking<K extends string>(
  kept: Kept,
  fields: readonly K[],
  usual: Record<K, string | null>,
  current: Record<K, string | null>,
): K[] {
  return fields.filter((field) => !kept.has(current[field]) && (current[field] !== null || usual[field] === null));
}

function fieldsOf<K extends string>(
  kept: Kept,
  current: Record<K, string | null>,
  fields: readonly K[],
  guess: Guess,
): Record<string, string | null> {
  return Object.fromEntries(
    fields.map((field) => [field, kept.has(current[field]) ? current[field] : (guess[field] ?? null)]),
  );
}
