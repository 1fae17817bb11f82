import type { Client } from '../../domain/client.js';
import type { Pet } from '../../domain/pet.js';
import type { Page, ReadOptions, Unreadable } from '../contract.js';
import { unreadableRow } from './problems.js';
import type { Source } from './source.js';

/**
 * Files come in any order and may be larger than memory, yet pages must come in key order and go on from any key.
 * So each pass over the clients file keeps the `rowsInMemory` smallest keys behind the cursor and forgets the others,
 * a pass over the patients file adds the pets of just these clients, and they leave as pages. A practice of usual
 * size takes one pass; a file ten times as long as memory takes ten. No index, no temporary copy of personal data.
 */
export async function* readPages(
  source: Source,
  { cursor, pageSize, signal }: ReadOptions,
  rowsInMemory: number,
): AsyncGenerator<Page> {
  const unreadable = cursor === null ? new Told() : null;
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
      const whole = page.filter((key) => held.get(key)!.fault === undefined);
      yield {
        clients: whole.map((key) => clientOf(source, held.get(key)!)),
        unreadable: [
          ...(told ? [] : (unreadable?.all() ?? [])),
          ...page.flatMap((key) => faultOf(source, key, held.get(key)!)),
          ...page.flatMap((key) => repeatsOf(source, held.get(key)!)),
        ],
        cursor: last ? null : page[page.length - 1]!,
      };
      told = true;
    } while (at < keys.length);
    if (!more) return;
    after = keys[keys.length - 1]!;
  }
}

/** One client by its key, or else by the number staff know it by; null when no row has it. */
export async function readOne(source: Source, id: string, signal: AbortSignal): Promise<Client | null> {
  const { table, headers, rows } = source.clients;
  let byKey: Held | undefined;
  let byDisplayId: Held | undefined;
  let odd: number | undefined;
  await table.scan(
    (cells, at) => {
      const row = headers.keep(cells);
      if (rows.key(row) === id) byKey ??= newHeld(row, at);
      else if (rows.key(row) !== null && rows.displayId(row) === id) byDisplayId ??= newHeld(row, at);
    },
    (at, _, texts) => {
      if (texts(headers.columnOf('key')).includes(id)) odd ??= at;
    },
    signal,
  );
  const held = byKey ?? byDisplayId;
  if (!held && odd !== undefined) throw unreadableRow(table.name, odd);
  if (!held) return null;
  await addPets(source, new Map([[rows.key(cellsOf(held.row))!, held]]), signal, null);
  if (held.fault !== undefined) throw unreadableRow(source.pets.table.name, held.fault);
  return clientOf(source, held);
}

/** Shorter first, then by letter: numbers come in number order without anybody saying that they are numbers. */
export function compareKeys(left: string, right: string): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

/** A row of the clients file that waits for its pets. Held as JSON it takes less memory than as cells. */
interface Held {
  row: string;
  at: number;
  pets?: string[];
  repeatedAt?: number[];
  /** A row of the patients file that cannot be read and may be of one of its pets. */
  fault?: number;
}

const newHeld = (row: string[], at: number): Held => ({ row: JSON.stringify(row), at });
const cellsOf = (row: string): string[] => JSON.parse(row) as string[];

/** The clients with the smallest keys behind `after`, in order, and whether there are more behind them. */
async function smallest(
  { clients: { table, headers, rows } }: Source,
  after: string | null,
  count: number,
  signal: AbortSignal,
  told: Told | null,
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
      if (after !== null && compareKeys(key, after) <= 0) return;
      if (ceiling !== null && compareKeys(key, ceiling) > 0) return;
      const first = held.get(key);
      if (!first) held.set(key, newHeld(row, at));
      else if (first.row !== JSON.stringify(row)) (first.repeatedAt ??= []).push(at);
      if (held.size >= 2 * count) cut();
    },
    (at, reason, texts) => told?.add(table.name, at, reason, texts(headers.columnOf('key'))),
    signal,
  );
  cut();
  return { held, more: ceiling !== null };
}

/**
 * Gives each held client its pets, in the order of the file. A client whose key may be the owner's in a row
 * that cannot be read may lack a pet, and is marked.
 */
async function addPets(
  { pets: { table, headers, rows } }: Source,
  held: Map<string, Held>,
  signal: AbortSignal,
  told: Told | null,
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
      for (const text of texts(headers.columnOf('owner'))) {
        const client = held.get(text);
        if (client) client.fault ??= at;
      }
    },
    signal,
  );
}

/** The client with its pets; a pet that is listed twice for one client comes once. */
function clientOf({ clients, pets }: Source, held: Held): Client {
  const itsPets = new Map<string, Pet>();
  for (const row of held.pets ?? []) {
    const pet = pets.rows.read(cellsOf(row));
    if (!itsPets.has(pet.pimsId)) itsPets.set(pet.pimsId, pet);
  }
  return clients.rows.read(cellsOf(held.row), [...itsPets.values()]);
}

const faultOf = ({ clients, pets }: Source, key: string, { at, fault }: Held): Unreadable[] =>
  fault === undefined
    ? []
    : [
        {
          reference: `${clients.table.name} row ${at}`,
          reason: `One of its pets may stand in row ${fault} of ${pets.table.name}, which cannot be read.`,
          mayBe: [key],
        },
      ];

const repeatsOf = ({ clients: { table } }: Source, held: Held): Unreadable[] =>
  (held.repeatedAt ?? []).map((row) => ({
    reference: `${table.name} row ${row}`,
    reason: `It repeats the key of row ${held.at} with other values; row ${held.at} was taken.`,
    mayBe: [],
  }));

/** The rows that cannot be read, told on the first page; a wrong file can have a million, which nobody reads. */
class Told {
  static readonly most = 1000;
  #first: Unreadable[] = [];
  #more = 0;

  add(file: string, row: number, reason: string, mayBe: string[]): void {
    if (this.#first.length < Told.most) this.#first.push({ reference: `${file} row ${row}`, reason, mayBe });
    else this.#more++;
  }

  all(): Unreadable[] {
    const more = {
      reference: 'more rows',
      reason: `${this.#more} more rows cannot be read.`,
      // Keys are not kept of a file of which nearly nothing can be read.
      mayBe: null,
    };
    return this.#more > 0 ? [...this.#first, more] : this.#first;
  }
}
