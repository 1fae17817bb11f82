/**
 * A uniqueidentifier in three forms: text, the 16 bytes that TDS sends, and those bytes in SQL Server's sort order.
 * SQL Server compares the last six bytes first and the first four last, so text order is wrong: a reader that pages by
 * GUID and compares texts must fail here as on a real server. The stand-in's databases store the sorted form in
 * BINARY(16), so that MariaDB's comparison and index give the right order.
 */
const sortOrder = [10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3];
/** Text order -> wire order: the first three groups are little-endian. */
const wireOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

const reorder = (bytes: Buffer, order: number[]): Buffer => Buffer.from(order.map((at) => bytes[at] as number));

/** Converts a GUID's text to wire bytes. */
export const parseGuid = (text: string): Buffer => reorder(Buffer.from(text.replaceAll('-', ''), 'hex'), wireOrder);

export const toSorted = (wire: Buffer): Buffer => reorder(wire, sortOrder);

export function fromSorted(sorted: Buffer): Buffer {
  const wire = Buffer.alloc(16);
  for (const [position, at] of sortOrder.entries()) wire[at] = sorted[position] as number;
  return wire;
}
