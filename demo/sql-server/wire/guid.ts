/**
 * A uniqueidentifier in three forms: text, the 16 bytes that TDS sends, and those bytes in SQL Server's sort order.
 * SQL Server compares the last six bytes first and the first four last, so text order is wrong: a reader that pages by
 * GUID and compares texts must fail here as on a real server. The stand-in's databases store the sorted form in
 * BINARY(16), so that MariaDB's comparison and index give the right order.
 */
const sortOrder = [10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3];
/** Text order -> wire order: the first three groups are little-endian. */
const wireOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

const shape = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

const reorder = (bytes: Buffer, order: number[]): Buffer => Buffer.from(order.map((at) => bytes[at] as number));

/** Parses a GUID's text to wire bytes; null if the text is not a GUID. */
export function parseGuid(text: string): Buffer | null {
  const hex = shape.exec(text.trim())?.[1];
  return hex === undefined ? null : reorder(Buffer.from(hex.replaceAll('-', ''), 'hex'), wireOrder);
}

export function formatGuid(wire: Buffer): string {
  const hex = reorder(wire, wireOrder).toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function toSorted(wire: Buffer): Buffer {
  return reorder(wire, sortOrder);
}

export function fromSorted(sorted: Buffer): Buffer {
  const wire = Buffer.alloc(16);
  for (const [position, at] of sortOrder.entries()) wire[at] = sorted[position] as number;
  return wire;
}

/** Returns the MariaDB SQL that converts the sorted form to a GUID's text. */
export function sortedToTextSql(expression: string): string {
  const byte = (at: number): string => `SUBSTR(${expression},${sortOrder.indexOf(at) + 1},1)`;
  const group = (...at: number[]): string => at.map(byte).join(',');
  const groups = [group(3, 2, 1, 0), group(5, 4), group(7, 6), group(8, 9), group(10, 11, 12, 13, 14, 15)];
  return `CONCAT_WS('-',${groups.map((bytes) => `HEX(CONCAT(${bytes}))`).join(',')})`;
}
