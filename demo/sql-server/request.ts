import { sqlErrors } from './sql-error.js';
import { quoteBytes, quoteText } from './sql/tokens.js';
import { ByteReader } from './wire/bytes.js';
import { toSorted } from './wire/guid.js';
import { messageType, type Message } from './wire/packets.js';
import { collation } from './wire/types.js';

/** Statements of a client, with the parameters of sp_executesql. */
export interface ClientRequest {
  sql: string;
  /** Name with its `@`, in lower case -> value as a literal of MariaDB. */
  parameters: Map<string, string>;
}

/** Reads a batch or a call of sp_executesql, the only requests of our driver; refuses any other with a `SqlError`. */
export function readRequest({ type, body }: Message): ClientRequest {
  const reader = new ByteReader(body);
  // ALL_HEADERS starts with four bytes of length.
  reader.at = body.readUInt32LE(0);
  const parameters = new Map<string, string>();
  if (type === messageType.batch) return { sql: reader.utf16(reader.left / 2), parameters };
  const length = type === messageType.rpc ? reader.u16() : 0;
  // Drivers call the procedures of the system by number.
  const name = length === 0xffff ? `procedure ${reader.u16()}` : reader.utf16(length);
  if (!['sp_executesql', 'procedure 10'].includes(name)) throw sqlErrors.noProcedure(name);
  reader.u16();
  const sql = readParameter(reader).value;
  // The first of the others, if any, declares them and is never used.
  while (reader.left > 0) {
    const parameter = readParameter(reader);
    parameters.set(parameter.name.toLowerCase(), parameter.literal);
  }
  return { sql, parameters };
}

/** Reads a parameter of one of the types that our driver sends: nvarchar, uniqueidentifier or an integer. */
function readParameter(reader: ByteReader): { name: string; value: string; literal: string } {
  const name = reader.utf16(reader.u8());
  reader.u8();
  const type = reader.u8();
  if (type === 0xe7) {
    const isMax = reader.u16() === 0xffff;
    reader.raw(collation.length);
    const value = (isMax ? readChunks(reader) : reader.raw(reader.u16())).toString('utf16le');
    return { name, value, literal: quoteText(value) };
  }
  const bytes = reader.raw(reader.u8() && reader.u8());
  if (type === 0x24) return { name, value: '', literal: quoteBytes(toSorted(bytes)) };
  if (type !== 0x26) throw sqlErrors.syntax(name, `it knows no parameter of type 0x${type.toString(16)}`);
  const value = String(bytes.length === 8 ? bytes.readBigInt64LE() : bytes.readIntLE(0, bytes.length));
  return { name, value, literal: value };
}

/** Reads a `max` value, which is sent in chunks until an empty one (PLP). */
function readChunks(reader: ByteReader): Buffer {
  reader.raw(8);
  const chunks: Buffer[] = [];
  for (let size = reader.u32(); size > 0; size = reader.u32()) chunks.push(reader.raw(size));
  return Buffer.concat(chunks);
}
