import type { Connector, Page } from '../connectors/contract.js';
import { PimsProblem } from '../connectors/errors.js';
import type { Clock } from '../domain/ids.js';
import { fingerprint } from '../domain/fingerprint.js';
import { personOf } from '../domain/person.js';
import { personOptions } from '../domain/person-options.js';
import { comparePage, type PageComparison } from '../domain/reconcile.js';
import { inTransaction, type Database } from '../store/database.js';
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
  /** After each page that is committed. */
  onPage(run: SyncRun): Promise<void>;
}

/**
 * Reads the pages of the PIMS from where the run stands to the end and writes what differs, each page with its cursor
 * in one transaction. While one page is compared and written the next is already being read.
 *
 * @returns the run as it stands after the last page
 * @throws PimsProblem, Problem `run-taken-over`; every page before the failure is kept
 */
export async function readPages(reading: Reading, from: SyncRun): Promise<SyncRun> {
  let run = from;
  if (run.readAll) return run;
  const { connector, practice, signal } = reading;
  const pages: AsyncIterator<Page> = connector
    .clients({ cursor: run.cursor, pageSize: practice.pageSize, signal })
    [Symbol.asyncIterator]();
  let coming = pages.next();
  try {
    for (;;) {
      const next = await coming;
      if (next.done) break;
      const page = next.value;
      coming = pages.next();
      // The page ahead may fail while this one is written; that is met when its turn comes.
      coming.catch(() => undefined);
      signal.throwIfAborted();
      run = await commitPage(reading, run, page);
      await reading.onPage(run);
      if (page.cursor === null) break;
    }
  } finally {
    await pages.return?.(undefined).catch(() => undefined);
  }
  if (run.readAll) return run;
  throw new PimsProblem({
    code: 'pims-read-failed',
    message: 'The connector stopped without saying that it had read the last page.',
    help: 'The run goes on behind the last page it has. If it stays so, run: pims-sync check <practice> --conformance',
  });
}

async function commitPage(reading: Reading, run: SyncRun, page: Page): Promise<SyncRun> {
  const { db, practice, clock, profiling } = reading;
  const seen = page.clients.map((client) => ({ client, fingerprint: fingerprint(client) }));
  const options = personOptions(practice.country, practice.policy);
  const stored = await storedClients(db, practice.id, seen);
  const compared = comparePage(seen, stored, (client) => personOf(client, options));
  const counts = addPage(run.counts, page, compared);
  const profile = profiling.add(run.raw.profile, page.clients);
  const marks = [
    ...seen.map(({ client }) => client.pimsId),
    ...page.unreadable.map(({ reference }) => reference),
  ];
  const now = clock();
  await inTransaction(db, async (trx) => {
    const progress = {
      cursor: page.cursor,
      readAll: page.cursor === null,
      counts,
      seen: seenMarks(marks),
      profile,
    };
    await advanceRun(trx, run, progress, now);
    await writePage(trx, practice.id, compared, stored, now);
    await noteUnreadable(trx, run.id, page.unreadable);
  });
  return {
    ...run,
    pageNo: run.pageNo + 1,
    cursor: page.cursor,
    readAll: page.cursor === null,
    counts,
    raw: { ...run.raw, profile },
  };
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
