import type { Database } from '../db/database.js';

/**
 * The stored rows of a practice by their fingerprints alone: 11 bytes each, so that a million fit in memory. A
 * fingerprint covers the id too, so its first 64 bits identify the row and prove that it is unchanged. The chance that
 * a changed row matches another of a million rows is 1 in 10^13.
 */
export interface FingerprintIndex {
  /**
   * Returns true if a row that is not missing and has no identity conflict has this fingerprint (32 hex digits), and
   * counts the row as seen.
   */
  meet(fingerprint: string): boolean;
  /** Returns false only if every row that is not missing was certainly seen. */
  misses(): boolean;
  /** Number of rows stored, missing ones included. */
  size: number;
}

const rowsARead = 5000;

/**
 * Reads all fingerprints of a practice, a million rows per second. Reading those of each page takes thirty times as
 * long.
 */
export async function loadFingerprints(db: Database, practiceId: string): Promise<FingerprintIndex> {
  const count = await db
    .selectFrom('pims_clients')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('practice_id', '=', practiceId)
    .executeTakeFirstOrThrow();
  const table = emptyTable(Number(count.n));
  let size = 0;
  let apart = 0;
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('pims_clients')
      .select(['pims_id', 'fingerprint', 'missing_since', 'identity_conflict'])
      .where('practice_id', '=', practiceId)
      .where('pims_id', '>', after)
      .orderBy('pims_id')
      .limit(rowsARead)
      .execute();
    for (const { fingerprint, missing_since: missingSince, identity_conflict: conflict } of rows) {
      if (missingSince !== null) continue;
      const kept = conflict === 0 && table.put(fingerprint.readUInt32BE(0), fingerprint.readUInt32BE(4));
      if (!kept) apart++;
    }
    size += rows.length;
    const last = rows.at(-1);
    if (!last || rows.length < rowsARead) break;
    after = last.pims_id;
  }
  return {
    size,
    meet: (fingerprint) => table.meet(parseInt(fingerprint.slice(0, 8), 16), parseInt(fingerprint.slice(8, 16), 16)),
    misses: () => apart > 0 || table.misses(),
  };
}

/**
 * Creates an open-addressing hash table on plain numbers: without an object per row, the garbage collector has nothing
 * to walk.
 */
function emptyTable(rows: number) {
  // Leaves room for rows that other transactions add meanwhile. A load of at most three quarters keeps the probes
  // short.
  const capacity = Math.ceil(((rows + 1000) * 4) / 3);
  const highs = new Uint32Array(capacity);
  const lows = new Uint32Array(capacity);
  const met = new Uint8Array(Math.ceil(capacity / 8));
  let used = 0;

  /** Returns the slot of these bits, or the free slot where they belong. */
  function probe(high: number, low: number): number {
    let slot = Math.floor((high / 2 ** 32) * capacity);
    while ((highs[slot] !== high || lows[slot] !== low) && !isFree(slot)) slot = (slot + 1) % capacity;
    return slot;
  }
  const isFree = (slot: number): boolean => highs[slot] === 0 && lows[slot] === 0;

  return {
    /** @returns false if there is no room for it */
    put(high: number, low: number): boolean {
      if ((high === 0 && low === 0) || used + 1 >= capacity) return false;
      const slot = probe(high, low);
      if (isFree(slot)) used++;
      highs[slot] = high;
      lows[slot] = low;
      return true;
    },
    meet(high: number, low: number): boolean {
      const slot = probe(high, low);
      if (isFree(slot)) return false;
      met[slot >> 3] = (met[slot >> 3] as number) | (1 << (slot & 7));
      return true;
    },
    misses(): boolean {
      for (let slot = 0; slot < capacity; slot++)
        if (!isFree(slot) && ((met[slot >> 3] as number) & (1 << (slot & 7))) === 0) return true;
      return false;
    },
  };
}
