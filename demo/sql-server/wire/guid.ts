/**
 * A uniqueidentifier in three forms: text, the 16 bytes that TDS sends, and those bytes in the order by which SQL
 * Server sorts. It compares the last six bytes first and the first four last, so text order is wrong order: a reader
 * that pages by GUID and compares texts of its own must fail here as it would there. The stand-in's databases keep the
 * sorted form in BINARY(16), and MariaDB's own comparison and index then do the right thing.
 */
const sortOrder = [10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3];
/** Text order -> wire order: the first three groups are little-endian. */
const wireOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

const shape = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

const reorder = (bytes: Buffer, order: number[]): Buffer => Buffer.from(order.map((at) => bytes[at] as number));

/** The wire bytes of a GUID's text; null when the text is none. */
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

/** The SQL that turns the sorted form back into a GUID's text, for MariaDB. */
export function sortedToTextSql(expression: string): string {
  const byte = (at: number): string => `SUBSTR(${expression},${sortOrder.indexOf(at) + 1},1)`;
  const group = (...at: number[]): string => at.map(byte).join(',');
  const groups = [group(3, 2, 1, 0), group(5, 4), group(7, 6), group(8, 9), group(10, 11, 12, 13, 14, 15)];
  return `CONCAT_WS('-',${groups.map((bytes) => `HEX(CONCAT(${bytes}))`).join(',')})`;
}
