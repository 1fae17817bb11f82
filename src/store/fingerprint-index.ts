import { hash } from 'node:crypto';
import type { Database } from './database.js';

/** What a practice's rows were when last seen, small enough to hold a million of them in memory: 25 bytes a slot. */
export interface FingerprintIndex {
  /** Null for an id that was never seen. */
  find(pimsId: string): { fingerprint: string; vanished: boolean; conflict: boolean } | null;
  /** True when the row is there, lives, is nobody else's and has this fingerprint: the usual case, and the quick way. */
  isUnchanged(pimsId: string, fingerprint: string): boolean;
  /** Notes that a pass has seen these. */
  seen(marks: BigUint64Array): void;
  /** True when a row that lives was not noted as seen. */
  misses(): boolean;
  size: number;
}

const rowsARead = 20_000;
const fingerprintBytes = 16;
const vanishedFlag = 1;
const conflictFlag = 2;
const usedFlag = 4;
const seenFlag = 8;

const shortNumber = /^[1-9]\d{0,14}$/;
const digestBit = 1n << 63n;

/**
 * 64 bits that stand for an id. Most keys are numbers and stand for themselves; others get 63 bits of their digest: among
 * a million ids two are alike once in fifteen million practices.
 */
export function markOf(pimsId: string): bigint {
  if (shortNumber.test(pimsId)) return BigInt(Number(pimsId));
  return hash('sha1', pimsId, 'buffer').readBigUInt64LE(0) | digestBit;
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
    isUnchanged(pimsId, fingerprint) {
      const slot = table.slotOf(markOf(pimsId));
      if (slot === null) return false;
      const found = table.get(slot);
      return (found.flags & (vanishedFlag | conflictFlag)) === 0 && found.fingerprint === fingerprint;
    },
    seen: (marks) => marks.forEach(table.markSeen),
    misses: table.misses,
  };
}

/** The same for a few rows only. */
export async function fingerprintsOf(
  db: Database,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<Pick<FingerprintIndex, 'find' | 'size'>> {
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
  let bits = 10;
  // Rows that others add meanwhile must fit too; a half-full table keeps the probes short.
  while (1 << bits < (rows + 1000) * 2) bits++;
  const capacity = 1 << bits;
  const marks = new BigUint64Array(capacity);
  const fingerprints = Buffer.alloc(capacity * fingerprintBytes);
  const flags = new Uint8Array(capacity);

  /** The slot of a mark, or the free one where it would go. */
  function probe(mark: bigint): number {
    // Keys often rise in steps; multiplying spreads them over the table.
    const folded = Number(mark & 0xffffffffn) ^ Number(mark >> 32n);
    let slot = Math.imul(folded, 0x9e3779b1) >>> (32 - bits);
    while (flags[slot] !== 0 && marks[slot] !== mark) slot = (slot + 1) & (capacity - 1);
    return slot;
  }

  return {
    put(mark: bigint, fingerprint: Buffer, flag: number): void {
      const slot = probe(mark);
      marks[slot] = mark;
      fingerprint.copy(fingerprints, slot * fingerprintBytes);
      flags[slot] = flag | usedFlag;
    },
    slotOf(mark: bigint): number | null {
      const slot = probe(mark);
      return flags[slot] === 0 ? null : slot;
    },
    get(slot: number) {
      const at = slot * fingerprintBytes;
      return {
        fingerprint: fingerprints.toString('hex', at, at + fingerprintBytes),
        flags: flags[slot] as number,
      };
    },
    markSeen(mark: bigint): void {
      const slot = probe(mark);
      if (flags[slot] !== 0) flags[slot] = (flags[slot] as number) | seenFlag;
    },
    misses: () => flags.some((flag) => flag !== 0 && (flag & (seenFlag | vanishedFlag)) === 0),
  };
}
