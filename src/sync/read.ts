import type { Connector, Page } from '../connectors/contract.js';
import { PimsProblem } from '../connectors/errors.js';
import type { Clock } from '../domain/ids.js';
import { fingerprint } from '../domain/fingerprint.js';
import { personOf } from '../domain/person.js';
import { personOptions } from '../domain/person-options.js';
import { comparePage, type PageComparison, type StoredClient } from '../domain/reconcile.js';
import { inTransaction, type Database } from '../store/database.js';
import type { ErasedPeople } from '../store/erased.js';
import { loadFingerprints, type FingerprintIndex } from '../store/fingerprint-index.js';
import { storedClients, writePage } from '../store/mirror.js';
import { advanceRun, noteUnreadable, type SyncCounts, type SyncRun } from '../store/syncs.js';
import { seenMarks } from '../store/vanishing.js';
import type { SyncedPractice } from './practice.js';
import type { Profiling } from './profiling.js';

export interface Reading {
  db: Database;
  practice: SyncedPractice;
  connector: Connector;
  clock: Clock;
  signal: AbortSignal;
  profiling: Profiling;
  erased: ErasedPeople;
  /** After each page that is committed. */
  onPage(run: SyncRun): Promise<void>;
}

/**
 * Reads the pages of the PIMS from where the run stands to the end and writes what differs, each page with its cursor
 * in one transaction. While one page is written, the next is compared and the one behind it is being read.
 *
 * @returns the run as it stands after the last page
 * @throws PimsProblem, Problem `run-taken-over`; every page before the failure is kept
 */
export async function readPages(reading: Reading, from: SyncRun): Promise<SyncRun> {
  let run = from;
  if (run.readAll) return run;
  const { connector, db, practice, signal } = reading;
  const index = await loadFingerprints(db, practice.id);
  const options = { cursor: run.cursor, pageSize: practice.pageSize, signal };
  const pages: AsyncIterator<Page> = connector.clients(options)[Symbol.asyncIterator]();
  let coming = pages.next();
  let committing: Promise<SyncRun> = Promise.resolve(run);
  try {
    for (;;) {
      const next = await coming;
      if (next.done) break;
      coming = pages.next();
      // What fails ahead is met when its turn comes.
      coming.catch(() => undefined);
      signal.throwIfAborted();
      const prepared = await prepare(reading, next.value, index);
      run = await committing;
      committing = commit(reading, run, prepared);
      committing.catch(() => undefined);
      if (next.value.cursor === null) break;
    }
  } finally {
    // Whatever ended the reading, what was being written is written or undone before the connection goes.
    run = await committing.catch(() => run);
    await pages.return?.(undefined).catch(() => undefined);
  }
  run = await committing;
  if (run.readAll) return run;
  throw new PimsProblem({
    code: 'pims-read-failed',
    message: 'The connector stopped without saying that it had read the last page.',
    help: 'The run goes on behind the last page it has. If it stays so, run: pims-sync check <practice> --conformance',
  });
}

/** A page with all that is needed to write it; nothing of it depends on the page before. */
interface Prepared {
  page: Page;
  compared: PageComparison;
  stored: Map<string, StoredClient>;
  marks: Buffer;
}

async function prepare(reading: Reading, page: Page, index: FingerprintIndex): Promise<Prepared> {
  const { db, practice } = reading;
  const seen = page.clients.map((client) => ({ client, fingerprint: fingerprint(client) }));
  const options = personOptions(practice.country, practice.policy);
  const stored = await storedClients(db, practice.id, seen, index);
  const compared = comparePage(seen, stored, (client) => personOf(client, options));
  const ids = [
    ...seen.map(({ client }) => client.pimsId),
    ...page.unreadable.map(({ reference }) => reference),
  ];
  return { page, compared, stored, marks: seenMarks(ids) };
}

async function commit(reading: Reading, run: SyncRun, prepared: Prepared): Promise<SyncRun> {
  const { db, practice, clock, profiling } = reading;
  const { page, stored, marks } = prepared;
  const profile = profiling.add(run.raw.profile, page.clients);
  const readAll = page.cursor === null;
  const now = clock();
  const counts = await inTransaction(db, async (trx) => {
    const compared = await reading.erased.leaveOut(trx, practice.id, prepared.compared);
    const counts = addPage(run.counts, page, compared);
    await advanceRun(trx, run, { cursor: page.cursor, readAll, counts, seen: marks, profile }, now);
    await writePage(trx, practice.id, compared, stored, now);
    await noteUnreadable(trx, run.id, page.unreadable);
    return counts;
  });
  const pageNo = run.pageNo + 1;
  const moved = { ...run, pageNo, cursor: page.cursor, readAll, counts, raw: { ...run.raw, profile } };
  await reading.onPage(moved);
  return moved;
}

function addPage(counts: SyncCounts, page: Page, compared: PageComparison): SyncCounts {
  return {
    ...counts,
    read: counts.read + page.clients.length,
    new: counts.new + compared.new.length,
    changed: counts.changed + compared.changed.length,
    unchanged: counts.unchanged + compared.unchanged.length,
    returned: counts.returned + compared.returned.length,
    conflicts: counts.conflicts + compared.conflicts.length,
    unreadable: counts.unreadable + page.unreadable.length,
  };
}
