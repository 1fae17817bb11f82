import iconv from 'iconv-lite';
import { SqlError } from '../sql-error.js';
import type { ByteReader } from './bytes.js';
import { formatMoment, fromTicks } from './calendar.js';
import { formatGuid } from './guid.js';
import { isMax, isWide, readTypeInfo } from './type-info.js';
import type { SqlType } from './type-info.js';

/** A value as text or bytes, ready for a literal; numbers, dates and GUIDs are texts here. */
export type ParameterValue = string | Buffer | null;

export interface Parameter {
  /** Name with its `@`; empty for a parameter given by position. */
  name: string;
  type: SqlType;
  value: ParameterValue;
}

/** Reads one parameter of an RPC request; refuses an unknown type with an error that names the parameter. */
export function readParameter(reader: ByteReader): Parameter {
  const name = reader.utf16(reader.u8());
  reader.u8();
  const code = reader.bytes[reader.at];
  const type = readTypeInfo(reader);
  if (type === null) {
    throw new SqlError(
      8023,
      `The parameter ${name} has a type (0x${code?.toString(16)}) that the stand-in does not know.`,
    );
  }
  return { name, type, value: readValue(reader, type) };
}

function readValue(reader: ByteReader, type: SqlType): ParameterValue {
  const bytes = isMax(type) ? readChunks(reader) : readSized(reader, type);
  return bytes === null ? null : decode(bytes, type);
}

function readSized(reader: ByteReader, type: SqlType): Buffer | null {
  if (type.length === undefined) {
    const size = reader.u8();
    return size === 0 ? null : reader.raw(size);
  }
  const size = reader.u16();
  return size === 0xffff ? null : reader.raw(size);
}

/** Reads a `max` value, which is sent in chunks until an empty one (PLP). */
function readChunks(reader: ByteReader): Buffer | null {
  if (reader.u64() === 0xffffffffffffffffn) return null;
  const chunks: Buffer[] = [];
  for (let size = reader.u32(); size > 0; size = reader.u32()) chunks.push(reader.raw(size));
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, type: SqlType): ParameterValue {
  switch (type.name) {
    case 'bit':
    case 'tinyint':
      return String(bytes.readUInt8());
    case 'smallint':
    case 'int':
      return String(bytes.readIntLE(0, bytes.length));
    case 'bigint':
      return String(bytes.readBigInt64LE());
    case 'real':
      return String(bytes.readFloatLE());
    case 'float':
      return String(bytes.readDoubleLE());
    case 'smallmoney':
      return pointed(BigInt(bytes.readInt32LE()), 4);
    case 'money':
      return pointed((BigInt(bytes.readInt32LE()) << 32n) | BigInt(bytes.readUInt32LE(4)), 4);
    case 'decimal': {
      const magnitude = BigInt(`0x${Buffer.from(bytes.subarray(1)).reverse().toString('hex')}`);
      return pointed(bytes[0] === 0 ? -magnitude : magnitude, type.scale ?? 0);
    }
    case 'uniqueidentifier':
      return formatGuid(bytes);
    case 'date':
      return formatMoment({ day: bytes.readUIntLE(0, 3), time: 0 }).slice(0, 10);
    case 'datetime':
      return formatMoment(fromTicks(bytes.readInt32LE(), bytes.readUInt32LE(4)));
    case 'smalldatetime':
      return formatMoment(fromTicks(bytes.readUInt16LE(), bytes.readUInt16LE(2) * 18_000));
    case 'time':
      return formatMoment({ day: 0, time: timeOf(bytes, bytes.length, type) }).slice(11);
    case 'datetime2':
    case 'datetimeoffset': {
      const offset = type.name === 'datetimeoffset' ? 2 : 0;
      const timeSize = bytes.length - 3 - offset;
      return formatMoment({ day: bytes.readUIntLE(timeSize, 3), time: timeOf(bytes, timeSize, type) });
    }
    case 'binary':
    case 'varbinary':
      return bytes;
    default:
      return isWide(type.name) ? bytes.toString('utf16le') : iconv.decode(bytes, 'windows-1252');
  }
}

const timeOf = (bytes: Buffer, size: number, type: SqlType): number =>
  bytes.readUIntLE(0, size) * 10 ** (7 - (type.scale ?? 7));

function pointed(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
