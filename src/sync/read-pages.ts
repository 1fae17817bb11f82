import { setImmediate } from 'node:timers/promises';
import type { Connector, Page } from '../connectors/contract.js';
import { PimsProblem } from '../connectors/errors.js';
import type { PageComparison } from '../domain/client/compare-page.js';
import { addToProfile, readProfile } from '../domain/client/field-statistics.js';
import { keepFormer } from '../store/clients/former-clients.js';
import { loadFingerprints } from '../store/clients/fingerprint-index.js';
import { noteUnreadable } from '../store/clients/unreadable-rows.js';
import { rowStatements, writePage } from '../store/clients/write-page.js';
import type { Statement } from '../store/db/bulk.js';
import { inTransaction } from '../store/db/database.js';
import { advanceRun } from '../store/sync-runs/run-progress.js';
import type { SyncCounts, SyncRun } from '../store/sync-runs/sync-runs.js';
import type { SyncDeps, SyncedPractice } from './deps.js';
import { preparePage, type PreparedPage } from './prepare-page.js';

export interface Reading extends Pick<SyncDeps, 'db' | 'clock' | 'erased' | 'onProgress'> {
  practice: SyncedPractice;
  connector: Connector;
  signal: AbortSignal;
}

/** The result of reading: the current run, and whether stored clients may be missing. */
export interface ReadPages {
  run: SyncRun;
  /** False only if every stored client was certainly seen, so the missing-client check can be skipped. */
  someMissing: boolean;
}

/** Unchanged pages are committed in groups of `maxBuffered`, or every `flushMs`. */
const maxBuffered = 20;
const flushMs = 1000;

/**
 * Reads the pages of the PIMS from the run's cursor to the end and writes the differences; each transaction also saves
 * the cursor. While one page is written and a second waits, a third is compared and a fourth is read.
 *
 * @throws PimsProblem, Problem `run-taken-over`; all pages before the failure stay committed
 */
export async function readPages(reading: Reading, from: SyncRun): Promise<ReadPages> {
  let run = from;
  const { connector, practice, signal, clock } = reading;
  const profile = readProfile(run.profile);
  const options = { cursor: run.cursor, pageSize: practice.pageSize, signal };
  const pages: AsyncIterator<Page> = connector.clients(options)[Symbol.asyncIterator]();
  let coming = ahead(pages.next());
  let committed: Promise<SyncRun> = Promise.resolve(run);
  let committing = committed;
  let buffered: BufferedPage[] = [];
  let bufferedSince = clock().getTime();
  /** Queues the buffered pages behind the running commit; at most one commit waits. */
  const flush = async (): Promise<void> => {
    run = await committed;
    if (buffered.length === 0) return;
    const [batch, text] = [buffered, JSON.stringify(profile)];
    committed = committing;
    committing = ahead(committed.then((before) => commit(reading, before, batch, text)));
    buffered = [];
    bufferedSince = clock().getTime();
  };
  try {
    const index = await loadFingerprints(reading.db, practice.id);
    for (;;) {
      const next = await coming;
      if (next.done) break;
      coming = ahead(pages.next());
      signal.throwIfAborted();
      const page = await preparePage(reading.db, practice, next.value, index);
      addToProfile(profile, next.value.clients);
      buffered.push({ ...page, rows: await buildRows(reading, page.compared) });
      const last = page.cursor === null;
      const isDue = buffered.length === maxBuffered || clock().getTime() - bufferedSince >= flushMs;
      if (last || page.writes || isDue) await flush();
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

interface BufferedPage extends PreparedPage {
  rows: Statement[];
}

/** Builds the statements of a page ahead, while the database writes the page before. */
async function buildRows({ db, practice, clock }: Reading, compared: PageComparison): Promise<Statement[]> {
  const rows: Statement[] = [];
  for (const statement of rowStatements(db, practice.id, compared, clock())) {
    if (statement) rows.push(statement);
    await setImmediate();
  }
  return rows;
}

/** Writes pages, of which only the last may contain changes, and advances the run past them. */
async function commit(
  { db, practice, clock, erased, onProgress }: Reading,
  run: SyncRun,
  pages: readonly BufferedPage[],
  profile: string,
): Promise<SyncRun> {
  const last = pages.at(-1) as BufferedPage;
  const { cursor, compared, stored, rows, writes } = last;
  const readAll = cursor === null;
  const pageNo = run.pageNo + pages.length;
  const seen = Buffer.concat(pages.map((page) => page.seen));
  const now = clock();
  const counts = await inTransaction(db, async (trx) => {
    const kept = writes ? await erased.leaveOut(trx, practice.id, compared) : compared;
    const counts = pages.reduce((sum, page) => addPage(sum, page, page === last ? kept : page.compared), run.counts);
    await advanceRun(trx, run, { pageNo, cursor, readAll, counts, seen, profile }, now);
    if (!writes) return counts;
    const overwritten = [...kept.changed, ...kept.returned].map(({ client }) => client.pimsId);
    await keepFormer(trx, practice.id, overwritten);
    await writePage(trx, practice.id, kept, stored, now, kept === compared ? rows : undefined);
    await noteUnreadable(trx, run.id, last.unreadable);
    return counts;
  });
  const moved = { ...run, pageNo, cursor, readAll, counts, profile };
  await onProgress(moved, null);
  return moved;
}

function addPage(counts: SyncCounts, page: PreparedPage, compared: PageComparison): SyncCounts {
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
