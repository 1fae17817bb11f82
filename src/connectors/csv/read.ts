import type { Client } from '../../domain/client/client.js';
import type { Pet } from '../../domain/client/pet.js';
import type { Page, ReadOptions, Unreadable } from '../contract.js';
import { foldName } from '../../domain/client/name.js';
import { unreadableClient } from './problems.js';
import { isDamaged } from '../text.js';
import { isRounded } from './rounded.js';
import type { ClientRows } from './client.js';
import type { Source } from './source.js';
import { UnreadableRows } from './unreadable-rows.js';

/**
 * Reads pages in key order from any cursor, although files have any order and may be larger than memory. Each pass over
 * the clients file keeps the `rowsInMemory` smallest keys after the cursor and drops the others. A pass over the
 * patients file adds the pets of these clients, and the generator yields them in pages. A practice of usual size takes
 * one pass; a file ten times that limit takes ten. There is no index and no temporary copy of personal data.
 */
export async function* readPages(
  source: Source,
  { cursor, pageSize, signal }: ReadOptions,
  rowsInMemory: number,
): AsyncGenerator<Page> {
  const unreadable = cursor === null ? new UnreadableRows() : null;
  let [after, told] = [cursor, false];
  for (;;) {
    const tell = told ? null : unreadable;
    const { held, more } = await smallest(source, after, rowsInMemory, signal, tell);
    await addPets(source, held, signal, tell);
    const keys = [...held.keys()];
    let at = 0;
    do {
      signal.throwIfAborted();
      const page = keys.slice(at, at + pageSize);
      at += page.length;
      const last = !more && at >= keys.length;
      const made = page.map((key) => readHeld(source, key, held.get(key)!));
      yield {
        clients: made.flatMap(({ client }) => client ?? []),
        unreadable: [...(told ? [] : (unreadable?.all() ?? [])), ...made.flatMap(({ unreadable }) => unreadable)],
        cursor: last ? null : page[page.length - 1]!,
      };
      told = true;
    } while (at < keys.length);
    if (!more) return;
    after = keys[keys.length - 1]!;
  }
}

/** Reads one client by its key, or else by its display id; null if no row has it. */
export async function readOne(source: Source, id: string, signal: AbortSignal): Promise<Client | null> {
  const { table, headers, rows, columns } = source.clients;
  let byKey: Held | undefined;
  let byDisplayId: Held | undefined;
  let odd: number | undefined;
  await table.scan(
    (cells, at) => {
      const row = headers.keep(cells);
      const key = rows.key(row);
      if (key === null || isRounded(key)) return;
      if (key === id) byKey = heldWith(rows, byKey, row, at);
      else if (rows.displayId(row) === id) byDisplayId = heldWith(rows, byDisplayId, row, at);
    },
    (at, _, texts) => {
      if (texts(headers.columnOf('key'))?.includes(id)) odd ??= at;
    },
    signal,
    columns,
  );
  const held = byKey ?? byDisplayId;
  if (!held && odd !== undefined)
    throw unreadableClient(`It may be in row ${odd} of ${table.name}, which cannot be read.`);
  if (!held) return null;
  const key = rows.key(cellsOf(held.row))!;
  // Reads again by key, because other rows may have the same key.
  if (!byKey) return readOne(source, key, signal);
  await addPets(source, new Map([[key, held]]), signal, null);
  const { client, unreadable } = readHeld(source, key, held);
  if (!client) throw unreadableClient(unreadable[0]!.reason);
  return client;
}

/** Compares by length, then by character, which also puts numeric keys in numeric order. */
export function compareKeys(left: string, right: string): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

/** A row of the clients file that waits for its pets. As JSON it takes less memory than as cells. */
interface Held {
  row: string;
  at: number;
  pets?: string[];
  repeatedAt?: number[];
  /** Different people share its key, so the key identifies no one. */
  isShared?: boolean;
  /** Number of an unreadable row of the patients file that may belong to one of its pets. */
  fault?: number;
}

const cellsOf = (row: string): string[] => JSON.parse(row) as string[];

/** Adds a row to the held one of the same key. An identical row changes nothing. */
function heldWith(rows: ClientRows, held: Held | undefined, row: string[], at: number): Held {
  const text = JSON.stringify(row);
  if (!held) return { row: text, at };
  if (held.row === text) return held;
  (held.repeatedAt ??= []).push(at);
  held.isShared ||= !rows.isSamePerson(cellsOf(held.row), row);
  return held;
}

/** Collects the clients with the smallest keys after `after` in order, and whether more follow. */
async function smallest(
  { clients: { table, headers, rows, columns } }: Source,
  after: string | null,
  count: number,
  signal: AbortSignal,
  told: UnreadableRows | null,
): Promise<{ held: Map<string, Held>; more: boolean }> {
  let held = new Map<string, Held>();
  let ceiling: string | null = null;
  const cut = (): void => {
    const keys = [...held.keys()].sort(compareKeys);
    if (keys.length > count) ceiling = keys[count - 1]!;
    held = new Map(keys.slice(0, count).map((key) => [key, held.get(key)!]));
  };
  await table.scan(
    (cells, at) => {
      const row = headers.keep(cells);
      const key = rows.key(row);
      if (key === null) return told?.add(table.name, at, 'It has no client key.', []);
      if (isRounded(key)) return told?.addRounded(table.name, at, key);
      if (after !== null && compareKeys(key, after) <= 0) return;
      if (ceiling !== null && compareKeys(key, ceiling) > 0) return;
      const first = held.get(key);
      const now = heldWith(rows, first, row, at);
      if (!first) held.set(key, now);
      if (held.size >= 2 * count) cut();
    },
    (at, reason, texts) => told?.add(table.name, at, reason, texts(headers.columnOf('key'))),
    signal,
    columns,
  );
  cut();
  return { held, more: ceiling !== null };
}

/**
 * Adds the pets to each held client in the order of the file. Marks a client that an unreadable row may name as the
 * owner, because that client may lack a pet.
 */
async function addPets(
  { pets: { table, headers, rows, columns } }: Source,
  held: Map<string, Held>,
  signal: AbortSignal,
  told: UnreadableRows | null,
): Promise<void> {
  await table.scan(
    (cells, at) => {
      const row = headers.keep(cells);
      const [key, owner] = [rows.key(row), rows.owner(row)];
      if (key === null) return told?.add(table.name, at, 'It has no patient key.', []);
      if (owner === null) return told?.add(table.name, at, 'It names no owner.', []);
      const client = held.get(owner);
      if (client) (client.pets ??= []).push(JSON.stringify(row));
    },
    (at, reason, texts) => {
      told?.add(table.name, at, reason, []);
      for (const text of texts(headers.columnOf('owner')) ?? []) {
        const client = held.get(text);
        if (client) client.fault ??= at;
      }
    },
    signal,
    columns,
  );
}

/** Builds the client with its pets, or the reason why it is unreadable. Drops a repeated pet of one client. */
function readHeld(
  { clients, pets }: Source,
  key: string,
  held: Held,
): { client: Client | null; unreadable: Unreadable[] } {
  const { at, fault, repeatedAt = [], isShared = false } = held;
  const row = (number: number): string => `${clients.table.name} row ${number}`;
  const failed = (reason: string, rows = [at]) => ({
    client: null,
    unreadable: rows.map((each) => ({ reference: row(each), reason, mayBe: [key] })),
  });
  if (isShared) {
    const [second, ...others] = repeatedAt;
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    const reason = `Rows ${at}, ${second}${more} of ${clients.table.name} have the same key and are different people.`;
    return failed(reason, [at, ...repeatedAt].slice(0, mostShared));
  }
  if (fault !== undefined)
    return failed(`One of its pets may be in row ${fault} of ${pets.table.name}, which cannot be read.`);
  const texts = [held.row, ...(held.pets ?? [])];
  if (texts.some(isDamaged)) return failed(wrongLetters);
  const itsPets = new Map<string, Pet>();
  for (const cells of held.pets ?? []) {
    const pet = pets.rows.read(cellsOf(cells));
    const known = itsPets.get(pet.pimsId);
    if (known && foldName(known.name) !== foldName(pet.name))
      return failed('Two of its pets have the same key and different names.');
    if (!known) itsPets.set(pet.pimsId, pet);
  }
  const repeats = repeatedAt.map((number) => ({
    reference: row(number),
    reason: `It repeats the key of row ${at} with other values; row ${at} counts.`,
    mayBe: [],
  }));
  return { client: clients.rows.read(cellsOf(held.row), [...itsPets.values()]), unreadable: repeats };
}

const wrongLetters = 'It has letters in another encoding than the rest of the file: export the file as UTF-8.';

/** Limit for rows with the same key: a column rounded by a spreadsheet can give one key to a whole practice. */
const mostShared = 100;
