import { hash } from 'node:crypto';
import { inList } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { clearConflicts } from './identity-conflicts.js';
import { lockPractices } from '../sync-runs/practices.js';
import { markRelatedClients } from './needs-evaluation.js';

const shortNumber = /^[1-9]\d{0,14}$/;
const digestBit = 1n << 63n;

/**
 * Maps an id to 64 bits. Most ids are numbers and map to themselves; others map to 63 bits of their digest. Among a
 * million ids, two collide in one of fifteen million practices.
 */
function markOf(pimsId: string): bigint {
  if (shortNumber.test(pimsId)) return BigInt(Number(pimsId));
  return hash('sha1', pimsId, 'buffer').readBigUInt64LE(0) | digestBit;
}

/** Returns 8 bytes for each id, to find missing clients at the end of a full scan; 8 kB per page of 1,000. */
export function seenMarks(pimsIds: readonly string[]): Buffer {
  return Buffer.from(BigUint64Array.from(pimsIds, markOf).buffer);
}

/** Tells whether a client was seen. */
export type IsSeen = (pimsId: string) => boolean;

/** Returns a test for the ids that these marks contain. */
export function seenIn(pages: readonly Buffer[]): IsSeen {
  const marks = new BigUint64Array(pages.reduce((sum, page) => sum + page.length / 8, 0));
  let at = 0;
  for (const page of pages) for (let i = 0; i < page.length; i += 8) marks[at++] = page.readBigUInt64LE(i);
  marks.sort();
  return (pimsId) => isIn(marks, markOf(pimsId));
}

/** Loads the test for the ids that a run has seen so far. */
export async function seenByRun(db: Database, runId: string): Promise<IsSeen> {
  const pages = await db.selectFrom('sync_pages').select('seen').where('run_id', '=', runId).execute();
  return seenIn(pages.map(({ seen }) => seen));
}

/** Returns the ids that belong to stored clients, missing ones included. */
export async function knownIds(db: Database, practiceId: string, pimsIds: readonly string[]): Promise<Set<string>> {
  const known = new Set<string>();
  for (let at = 0; at < pimsIds.length; at += 1000) {
    const rows = await db
      .selectFrom('pims_clients')
      .select('pims_id')
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', inList(pimsIds.slice(at, at + 1000)))
      .execute();
    for (const { pims_id } of rows) known.add(pims_id);
  }
  return known;
}

/**
 * Finds the stored clients that a full scan did not see. Skips clients written since the scan began, whatever the scan
 * saw: a resync of one client may have found that record behind the cursor.
 *
 * @param scan.began when the scan began
 * @returns how many are stored, not missing, and were known before the scan; and the ids of the clients that it did not
 * see
 */
export async function missingClients(
  db: Database,
  practiceId: string,
  { began, isSeen }: { began: Date; isSeen: IsSeen },
): Promise<{ stored: number; missing: string[] }> {
  const missing: string[] = [];
  let stored = 0;
  let after = '';
  for (;;) {
    const rows = await db
      .selectFrom('pims_clients')
      .select(['pims_id', 'first_seen_at', 'changed_at'])
      .where('practice_id', '=', practiceId)
      .where('missing_since', 'is', null)
      .where('pims_id', '>', after)
      .orderBy('pims_id')
      .limit(10_000)
      .execute();
    for (const { pims_id, first_seen_at, changed_at } of rows) {
      if (first_seen_at < began) stored++;
      if (changed_at < began && !isSeen(pims_id)) missing.push(pims_id);
    }
    const last = rows.at(-1);
    if (!last) return { stored, missing };
    after = last.pims_id;
  }
}

/** Counts the client numbers that a run found to carry another person's data. */
export async function newConflicts(db: Database, practiceId: string, began: Date): Promise<number> {
  const row = await db
    .selectFrom('identity_conflicts')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('practice_id', '=', practiceId)
    .where('seen_at', '>=', began)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** Clears the conflicts that a run found, after its safety stop. */
export async function endNewConflicts(trx: DatabaseTransaction, practiceId: string, began: Date): Promise<void> {
  const rows = await trx
    .selectFrom('identity_conflicts')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('seen_at', '>=', began)
    .execute();
  const ids = rows.map((row) => row.pims_id);
  for (let at = 0; at < ids.length; at += 1000) await clearConflicts(trx, practiceId, ids.slice(at, at + 1000));
}

/**
 * Deletes the clients that a run wrote for the first time, after its safety stop. Nothing refers to these rows, because
 * only an evaluation creates accounts and tasks. A client that is already evaluated (a staff member requested its
 * resync meanwhile) therefore stays.
 *
 * @returns the number deleted
 */
export async function removeNewcomers(trx: DatabaseTransaction, practiceId: string, began: Date): Promise<number> {
  // An evaluation locks this row too, so no client is evaluated between being found here and being deleted.
  await lockPractices(trx, [practiceId]);
  for (let removed = 0; ;) {
    const rows = await trx
      .selectFrom('pims_clients')
      .leftJoin('account_links as l', (join) =>
        join
          .onRef('l.practice_id', '=', 'pims_clients.practice_id')
          .onRef('l.client_pims_id', '=', 'pims_clients.pims_id'),
      )
      .select('pims_clients.pims_id')
      .where('pims_clients.practice_id', '=', practiceId)
      .where('first_seen_at', '>=', began)
      .where('verdict', 'is', null)
      .where('l.account_id', 'is', null)
      .limit(1000)
      .execute();
    if (rows.length === 0) return removed;
    const ids = inList(rows.map(({ pims_id }) => pims_id));
    await trx
      .deleteFrom('pims_pets')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', 'in', ids)
      .execute();
    await trx.deleteFrom('pims_clients').where('practice_id', '=', practiceId).where('pims_id', 'in', ids).execute();
    removed += rows.length;
  }
}

/** Marks clients as missing, with the client each was probably merged into. */
export async function markMissing(
  trx: DatabaseTransaction,
  practiceId: string,
  clients: readonly { pimsId: string; mergedInto: string | null }[],
  now: Date,
): Promise<void> {
  for (let at = 0; at < clients.length; at += 1000) {
    const some = clients.slice(at, at + 1000);
    const ids = some.map(({ pimsId }) => pimsId);
    await trx
      .updateTable('pims_clients')
      .set({ missing_since: now, needs_evaluation: 1, living: 0 })
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
    await clearConflicts(trx, practiceId, ids);
    for (const { pimsId, mergedInto } of some.filter((one) => one.mergedInto !== null)) {
      await trx
        .updateTable('pims_clients')
        .set({ merged_into: mergedInto })
        .where('practice_id', '=', practiceId)
        .where('pims_id', '=', pimsId)
        .execute();
    }
    const keys = await trx
      .selectFrom('pims_clients')
      .select(['email_key', 'duplicate_key'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', 'in', ids)
      .execute();
    await markRelatedClients(
      trx,
      practiceId,
      keys.map((row) => row.email_key),
      keys.map((row) => row.duplicate_key),
    );
  }
}

function isIn(sorted: BigUint64Array, mark: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as bigint) < mark) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === mark;
}
