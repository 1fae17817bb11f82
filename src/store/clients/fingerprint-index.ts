import type { Database } from '../db/database.js';

/**
 * The rows of a practice as last seen, by their fingerprints alone, small enough to hold a million of them in memory: 11
 * bytes each. A fingerprint covers the id too, so its first 64 bits say which row it is and that nothing of it changed:
 * for a changed row they are another's of a million rows once in 10^13.
 */
export interface FingerprintIndex {
  /** True when a row that lives and is nobody else's has this fingerprint, 32 hex digits; it counts as seen then. */
  meet(fingerprint: string): boolean;
  /** False only when every row that lives was met for certain. */
  misses(): boolean;
  /** All rows stored, also those that missing. */
  size: number;
}

const rowsARead = 5000;

/** Reads a whole practice's fingerprints, a million rows a second; asking for each page's costs thirty times as much. */
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

/** An open-addressed table on plain numbers: no object for each row, so the garbage collector has nothing to walk. */
function emptyTable(rows: number) {
  // Rows that others add meanwhile must fit too; a table that is three quarters full keeps the probes short.
  const capacity = Math.ceil(((rows + 1000) * 4) / 3);
  const highs = new Uint32Array(capacity);
  const lows = new Uint32Array(capacity);
  const met = new Uint8Array(Math.ceil(capacity / 8));
  let used = 0;

  /** The slot of these bits, or the free one where they would go. */
  function probe(high: number, low: number): number {
    let slot = Math.floor((high / 2 ** 32) * capacity);
    while ((highs[slot] !== high || lows[slot] !== low) && !isFree(slot)) slot = (slot + 1) % capacity;
    return slot;
  }
  const isFree = (slot: number): boolean => highs[slot] === 0 && lows[slot] === 0;

  return {
    /** @returns false when there is no place for it */
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
