import { setImmediate } from 'node:timers/promises';
import type { Connector, Page } from '../connectors/contract.js';
import { PimsProblem } from '../connectors/errors.js';
import type { Client } from '../domain/client/client.js';
import type { Clock } from '../lib/ids.js';
import { fingerprint } from '../domain/client/fingerprint.js';
import { personOf, type Person } from '../domain/client/person.js';
import { personOptions } from '../domain/client/person-options.js';
import { comparePage, type PageComparison, type SeenClient, type StoredClient } from '../domain/client/compare-page.js';
import { inTransaction, type Database } from '../store/db/database.js';
import type { ErasedPeople } from '../store/privacy/erasure-register.js';
import { keepFormer } from '../store/clients/former-clients.js';
import { loadFingerprints, type FingerprintIndex } from '../store/clients/fingerprint-index.js';
import { yieldingChunks, type Statement } from '../store/db/bulk.js';
import { storageProblem } from '../store/clients/storage-limits.js';
import { rowStatements, storedClients, writePage } from '../store/clients/client-copy.js';
import { advanceRun, type SyncCounts, type SyncRun } from '../store/sync-runs/sync-runs.js';
import { noteUnreadable } from '../store/clients/unreadable-rows.js';
import { bytesOf, knownIds, seenMarks } from '../store/clients/missing-clients.js';
import { firstDecision, type SyncedPractice } from './practice.js';
import type { Profiling } from './field-statistics.js';

export interface Reading {
  db: Database;
  practice: SyncedPractice;
  connector: Connector;
  clock: Clock;
  signal: AbortSignal;
  profiling: Profiling;
  erased: ErasedPeople;
  /** Called after each commit. */
  onPage(run: SyncRun): Promise<void>;
}

/** The result of reading: the current run, and whether stored clients may be missing. */
export interface ReadPages {
  run: SyncRun;
  /** False only if every stored client was certainly seen, so the missing-client check can be skipped. */
  someMissing: boolean;
}

/** Unchanged pages are committed in groups of `maxBuffered`, or every `holdMs`. */
const maxBuffered = 20;
const holdMs = 1000;

/**
 * Reads the pages of the PIMS from the run's cursor to the end and writes the differences; each transaction also saves
 * the cursor. While one page is written and a second waits, a third is compared and a fourth is read.
 *
 * @throws PimsProblem, Problem `run-taken-over`; all pages before the failure stay committed
 */
export async function readPages(reading: Reading, from: SyncRun): Promise<ReadPages> {
  let run = from;
  if (run.readAll) return { run, someMissing: true };
  const { connector, practice, signal, clock } = reading;
  const profile = reading.profiling.open(run.raw.profile);
  const options = { cursor: run.cursor, pageSize: practice.pageSize, signal };
  const pages: AsyncIterator<Page> = connector.clients(options)[Symbol.asyncIterator]();
  let coming = ahead(pages.next());
  let committed: Promise<SyncRun> = Promise.resolve(run);
  let committing = committed;
  let held: Prepared[] = [];
  let heldSince = clock().getTime();
  /** Queues the buffered pages behind the running commit; at most one commit waits. */
  const flush = async (): Promise<void> => {
    run = await committed;
    if (held.length === 0) return;
    const [pages, text] = [held, profile.text()];
    committed = committing;
    committing = ahead(committed.then((before) => commit(reading, before, pages, text)));
    held = [];
    heldSince = clock().getTime();
  };
  try {
    const index = await loadFingerprints(reading.db, practice.id);
    for (;;) {
      const next = await coming;
      if (next.done) break;
      coming = ahead(pages.next());
      signal.throwIfAborted();
      const prepared = await prepare(reading, next.value, index);
      profile.add(next.value.clients);
      held.push(prepared);
      const last = next.value.cursor === null;
      if (last || prepared.writes || held.length === maxBuffered || clock().getTime() - heldSince >= holdMs)
        await flush();
      if (last) break;
    }
    run = await committing;
    if (run.readAll) return { run, someMissing: index.misses() };
  } finally {
    // Write the pages already read before the connection closes, even after an error.
    await flush().catch(() => undefined);
    await committing.catch(() => undefined);
    await pages.return?.(undefined).catch(() => undefined);
  }
  throw new PimsProblem({
    code: 'pims-read-failed',
    message: 'The connector stopped without marking a page as the last one.',
    help: 'The run continues after its last page. If this happens again, run: pims-sync check <practice> --conformance',
  });
}

/** Marks a prefetched promise as handled; its rejection surfaces when it is awaited. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** A page with exactly the data needed to write it. Nothing in it depends on the page before. */
interface Prepared {
  cursor: string | null;
  clients: number;
  unreadable: Page['unreadable'];
  compared: PageComparison;
  stored: Map<string, StoredClient>;
  marks: BigUint64Array;
  rows: Statement[];
  /** False if the page has nothing to write, so that it can share a transaction with other pages. */
  writes: boolean;
}

async function prepare(reading: Reading, page: Page, index: FingerprintIndex): Promise<Prepared> {
  const { db, practice, clock } = reading;
  const now = clock();
  const sifted = await sift(page.clients, index);
  const { differing, unstorable } = storable(sifted.differing);
  // A first import has no stored clients to compare with.
  const stored = await storedClients(db, practice.id, index.size === 0 ? [] : differing);
  for (const { fingerprint, missingSince } of stored.values()) if (missingSince === null) index.meet(fingerprint);
  const persons = await readPersons(practice, differing);
  const compared = comparePage(differing, stored, (client) => persons.get(client) as Person);
  compared.unchanged.push(...sifted.unchanged);
  const unreadable = [...(await withKeys(db, practice.id, page.unreadable)), ...unstorable];
  const marks = seenMarks([
    ...page.clients.map(({ pimsId }) => pimsId),
    ...unreadable.flatMap(({ mayBe }) => mayBe ?? []),
  ]);
  const rows: Statement[] = [];
  for (const statement of rowStatements(practice.id, compared, firstDecision(practice, now), now)) {
    if (statement) rows.push(statement);
    await setImmediate();
  }
  const writes = differing.length + unreadable.length > 0;
  const clients = page.clients.length - unstorable.length;
  return { cursor: page.cursor, clients, unreadable, compared, stored, marks, rows, writes };
}

/**
 * Sets which clients each unreadable row may belong to. If the connector does not say, a reference that is the key of a
 * known client means that client. Any other reference is a position, and its row may belong to any client.
 */
async function withKeys(db: Database, practiceId: string, unreadable: Page['unreadable']): Promise<Page['unreadable']> {
  const unsaid = unreadable.filter(({ mayBe }) => mayBe === undefined).map(({ reference }) => reference);
  if (unsaid.length === 0) return unreadable;
  const known = await knownIds(db, practiceId, unsaid);
  return unreadable.map((row) =>
    row.mayBe === undefined ? { ...row, mayBe: known.has(row.reference) ? [row.reference] : null } : row,
  );
}

/** Separates the clients that the database would reject from the others. */
function storable(clients: readonly SeenClient[]): {
  differing: SeenClient[];
  unstorable: Page['unreadable'];
} {
  const differing: SeenClient[] = [];
  const unstorable: Page['unreadable'] = [];
  for (const seen of clients) {
    const reason = storageProblem(seen.client);
    if (reason === null) differing.push(seen);
    else {
      const { pimsId } = seen.client;
      unstorable.push({ reference: pimsId, reason, mayBe: pimsId === '' ? null : [pimsId] });
    }
  }
  return { differing, unstorable };
}

/**
 * Finds the unchanged clients by fingerprint alone; in a nightly sync these are most. In a page that contains an id
 * twice, every client goes through the full comparison.
 */
async function sift(
  clients: readonly Client[],
  index: FingerprintIndex,
): Promise<{ differing: SeenClient[]; unchanged: string[] }> {
  const differing: SeenClient[] = [];
  const unchanged: string[] = [];
  const once = new Set(clients.map(({ pimsId }) => pimsId)).size === clients.length;
  for await (const some of yieldingChunks(clients)) {
    for (const client of some) {
      const print = fingerprint(client);
      if (once && index.meet(print)) unchanged.push(client.pimsId);
      else differing.push({ client, fingerprint: print });
    }
  }
  return { differing, unchanged };
}

async function readPersons(practice: SyncedPractice, clients: readonly SeenClient[]): Promise<Map<Client, Person>> {
  const options = personOptions(practice.country, practice.policy);
  const persons = new Map<Client, Person>();
  for await (const some of yieldingChunks(clients)) {
    for (const { client } of some) persons.set(client, personOf(client, options));
  }
  return persons;
}

/** Writes pages, of which only the last may contain changes, and advances the run past them. */
async function commit(
  reading: Reading,
  run: SyncRun,
  held: readonly Prepared[],
  profile: string | null,
): Promise<SyncRun> {
  const { db, practice, clock, erased } = reading;
  const last = held.at(-1) as Prepared;
  const { cursor } = last;
  const readAll = cursor === null;
  const pageNo = run.pageNo + held.length;
  const seen = bytesOf(held.map(({ marks }) => marks));
  const now = clock();
  const counts = await inTransaction(db, async (trx) => {
    const left = last.writes ? await erased.leaveOut(trx, practice.id, last.compared) : last.compared;
    const counts = held.reduce((sum, page) => addPage(sum, page, page === last ? left : page.compared), run.counts);
    await advanceRun(trx, run, { pageNo, cursor, readAll, counts, seen, profile }, now);
    if (!last.writes) return counts;
    const over = [...left.changed, ...left.returned];
    await keepFormer(
      trx,
      practice.id,
      over.map(({ client }) => client.pimsId),
    );
    const whole = left === last.compared;
    const rows = whole ? last.rows : rowStatements(practice.id, left, firstDecision(practice, now), now);
    await writePage(trx, practice.id, left, rows, last.stored, now);
    await noteUnreadable(trx, run.id, last.unreadable);
    return counts;
  });
  const moved = { ...run, pageNo, cursor, readAll, counts, raw: { ...run.raw, profile } };
  await reading.onPage(moved);
  return moved;
}

function addPage(counts: SyncCounts, page: Prepared, compared: PageComparison): SyncCounts {
  const kept = [compared.new, compared.changed, compared.unchanged, compared.returned, compared.conflicts];
  const keptCount = kept.reduce((sum, some) => sum + some.length, 0);
  return {
    ...counts,
    read: counts.read + page.clients,
    new: counts.new + compared.new.length,
    changed: counts.changed + compared.changed.length,
    unchanged: counts.unchanged + compared.unchanged.length,
    returned: counts.returned + compared.returned.length,
    conflicts: counts.conflicts + compared.conflicts.length,
    leftOut: counts.leftOut + page.clients - keptCount,
    unreadable: counts.unreadable + page.unreadable.length,
    hidden: counts.hidden + page.unreadable.filter(({ mayBe }) => mayBe === null).length,
  };
}
