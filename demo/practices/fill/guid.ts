import { createHash } from 'node:crypto';
import { toSorted } from '../../sql-server/wire/guid.js';

/** Returns a GUID, the same for the same seed, as BINARY(16) in SQL Server's order (see sql-server/wire/guid.ts). */
export function guidOf(...seed: (string | number)[]): Buffer {
  const wire = createHash('sha256').update(seed.join('\0')).digest().subarray(0, 16);
  // Version 4: the high half of the time field, which the wire writes little-endian.
  wire[7] = ((wire[7] as number) & 0x0f) | 0x40;
  wire[8] = ((wire[8] as number) & 0x3f) | 0x80;
  return toSorted(wire);
}
