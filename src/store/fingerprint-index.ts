import { hash } from 'node:crypto';
import type { Database } from './database.js';

/** What a practice's rows were when last seen, small enough to hold a million of them in memory: 25 bytes a slot. */
export interface FingerprintIndex {
  /** Null for an id that was never seen. */
  find(pimsId: string): { fingerprint: string; vanished: boolean; conflict: boolean } | null;
  size: number;
}

const rowsARead = 20_000;
const fingerprintBytes = 16;
const vanishedFlag = 1;
const conflictFlag = 2;
const usedFlag = 4;

/** 64 bits of an id's digest; among a million ids two are alike once in thirty million practices. */
export function markOf(pimsId: string): Buffer {
  return hash('sha1', pimsId, 'buffer').subarray(0, 8);
}

/** Reads a whole practice's fingerprints, a million rows a second; asking for each page's costs thirty times as much. */
export async function loadFingerprints(db: Database, practiceId: string): Promise<FingerprintIndex> {
  const count = await db
    .selectFrom('pims_clients')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('practice_id', '=', practiceId)
    .executeTakeFirstOrThrow();
  const table = emptyTable(Number(count.n));
  let size = 0;
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('pims_clients')
      .select(['pims_id', 'fingerprint', 'vanished_at', 'identity_conflict'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', '>', after)
      .orderBy('pims_id')
      .limit(rowsARead)
      .execute();
    for (const row of rows) {
      const flags = (row.vanished_at ? vanishedFlag : 0) | (row.identity_conflict === 1 ? conflictFlag : 0);
      table.put(markOf(row.pims_id), row.fingerprint, flags);
    }
    size += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < rowsARead) break;
    after = last.pims_id;
  }
  return {
    size,
    find(pimsId) {
      const slot = table.slotOf(markOf(pimsId));
      if (slot === null) return null;
      const { fingerprint, flags } = table.get(slot);
      return { fingerprint, vanished: (flags & vanishedFlag) !== 0, conflict: (flags & conflictFlag) !== 0 };
    },
  };
}

/** The same for a few rows only. */
export async function fingerprintsOf(
  db: Database,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<FingerprintIndex> {
  const rows = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'fingerprint', 'vanished_at', 'identity_conflict'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', [...pimsIds])
    .execute();
  const known = new Map(
    rows.map((row) => [
      row.pims_id,
      {
        fingerprint: row.fingerprint.toString('hex'),
        vanished: row.vanished_at !== null,
        conflict: row.identity_conflict === 1,
      },
    ]),
  );
  return { size: known.size, find: (pimsId) => known.get(pimsId) ?? null };
}

/** An open-addressed table on plain bytes: no object for each row, so the garbage collector has nothing to walk. */
function emptyTable(rows: number) {
  let capacity = 1024;
  // Rows that others add meanwhile must fit too; a half-full table keeps the probes short.
  while (capacity < (rows + 1000) * 2) capacity *= 2;
  const marks = new Uint32Array(capacity * 2);
  const fingerprints = Buffer.alloc(capacity * fingerprintBytes);
  const flags = new Uint8Array(capacity);

  /** The slot of a mark, or the free one where it would go. */
  function probe(low: number, high: number): number {
    let slot = low & (capacity - 1);
    while (flags[slot] !== 0 && !(marks[slot * 2] === low && marks[slot * 2 + 1] === high)) {
      slot = (slot + 1) & (capacity - 1);
    }
    return slot;
  }

  return {
    put(mark: Buffer, fingerprint: Buffer, flag: number): void {
      const [low, high] = [mark.readUInt32LE(0), mark.readUInt32LE(4)];
      const slot = probe(low, high);
      marks[slot * 2] = low;
      marks[slot * 2 + 1] = high;
      fingerprint.copy(fingerprints, slot * fingerprintBytes);
      flags[slot] = flag | usedFlag;
    },
    slotOf(mark: Buffer): number | null {
      const slot = probe(mark.readUInt32LE(0), mark.readUInt32LE(4));
      return flags[slot] === 0 ? null : slot;
    },
    get(slot: number) {
      const at = slot * fingerprintBytes;
      return {
        fingerprint: fingerprints.toString('hex', at, at + fingerprintBytes),
        flags: flags[slot] as number,
      };
    },
  };
}
