import iconv from 'iconv-lite';
import type { ByteWriter } from './bytes.js';
import { parseMoment, toTicks } from './calendar.js';
import { fromSorted } from './guid.js';
import { decimalSize, isMax, isWide } from './type-info.js';
import type { SqlType } from './type-info.js';

/** Writes one value of a row: the bytes of MariaDB's text protocol, or null. */
export type WriteValue = (out: ByteWriter, value: Buffer | null) => void;

const ascii = (value: Buffer): string => value.toString('latin1');
const number = (value: Buffer): number => Number(ascii(value));

/** Returns the writer for a column of this type; created once per result, called once per row. */
export function valueWriter(type: SqlType): WriteValue {
  const write = present(type);
  if (isMax(type)) {
    return (out, value) => (value === null ? out.u64(0xffffffffffffffffn) : write(out, value));
  }
  const isVariable = type.length !== undefined;
  return (out, value) => {
    if (value !== null) write(out, value);
    else if (isVariable) out.u16(0xffff);
    else out.u8(0);
  };
}

/** Writes one byte of size, then the value. */
function sized(
  size: number,
  write: (out: ByteWriter, value: Buffer) => void,
): (out: ByteWriter, value: Buffer) => void {
  return (out, value) => {
    out.u8(size);
    write(out, value);
  };
}

function present(type: SqlType): (out: ByteWriter, value: Buffer) => void {
  switch (type.name) {
    case 'bit':
      return sized(1, (out, value) => out.u8(number(value) === 0 ? 0 : 1));
    case 'tinyint':
      return sized(1, (out, value) => out.u8(number(value) & 0xff));
    case 'smallint':
      return sized(2, (out, value) => out.i16(number(value)));
    case 'int':
      return sized(4, (out, value) => out.i32(Math.trunc(number(value))));
    case 'bigint':
      return sized(8, (out, value) => out.i64(BigInt(ascii(value))));
    case 'real':
      return sized(4, (out, value) => out.f32(number(value)));
    case 'float':
      return sized(8, (out, value) => out.f64(number(value)));
    case 'smallmoney':
      return sized(4, (out, value) => out.i32(Number(scaled(ascii(value), 4))));
    case 'money':
      return sized(8, (out, value) => {
        const cents = BigInt.asUintN(64, scaled(ascii(value), 4));
        // The high half comes first, unlike in any other TDS number.
        out.u32(Number(cents >> 32n));
        out.u32(Number(cents & 0xffffffffn));
      });
    case 'decimal':
      return decimal(type.precision ?? 18, type.scale ?? 0);
    case 'uniqueidentifier':
      return sized(16, (out, value) => out.raw(fromSorted(value)));
    case 'date':
      return sized(3, (out, value) => out.uint(parseMoment(ascii(value)).day, 3));
    case 'datetime':
      return sized(8, (out, value) => {
        const { days, ticks } = toTicks(parseMoment(ascii(value)));
        out.i32(days);
        out.u32(ticks);
      });
    case 'smalldatetime':
      return sized(4, (out, value) => {
        const { days, ticks } = toTicks(parseMoment(ascii(value)));
        out.u16(days);
        out.u16(Math.round(ticks / 18_000));
      });
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return momentOf(type);
    default:
      return textOrBytes(type);
  }
}

/** Scales `12.34` with a scale of 4 to 123400n; cuts digits beyond the scale. */
export function scaled(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
}

function decimal(precision: number, scale: number): (out: ByteWriter, value: Buffer) => void {
  const size = decimalSize(precision);
  return sized(size + 1, (out, value) => {
    const text = ascii(value);
    const isNegative = text.startsWith('-');
    let left = scaled(isNegative ? text.slice(1) : text, scale);
    out.u8(isNegative ? 0 : 1);
    for (let at = 0; at < size; at += 4, left >>= 32n) out.u32(Number(left & 0xffffffffn));
  });
}

function momentOf(type: SqlType): (out: ByteWriter, value: Buffer) => void {
  const scale = type.scale ?? 7;
  const timeSize = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
  const unit = 10 ** (7 - scale);
  const hasDate = type.name !== 'time';
  const hasOffset = type.name === 'datetimeoffset';
  return sized(timeSize + (hasDate ? 3 : 0) + (hasOffset ? 2 : 0), (out, value) => {
    const text = ascii(value);
    const { day, time } = parseMoment(hasDate ? text : `2000-01-01 ${text}`);
    out.uint(Math.floor(time / unit), timeSize);
    if (hasDate) out.uint(day, 3);
    if (hasOffset) out.i16(0);
  });
}

function isAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}

/** Writes texts or bytes. MariaDB sends texts in UTF-8; varchar needs code page 1252, nvarchar UTF-16. */
function textOrBytes(type: SqlType): (out: ByteWriter, value: Buffer) => void {
  const isText = type.name !== 'binary' && type.name !== 'varbinary';
  const wide = isWide(type.name);
  if (isMax(type)) {
    return (out, value) => {
      const encoded = !isText ? value : wide ? Buffer.from(value.toString(), 'utf16le') : toCodePage(value);
      out.u64(BigInt(encoded.length));
      if (encoded.length > 0) {
        out.u32(encoded.length);
        out.raw(encoded);
      }
      out.u32(0);
    };
  }
  if (!wide) {
    return (out, value) => {
      const encoded = isText ? toCodePage(value) : value;
      out.u16(encoded.length);
      out.raw(encoded);
    };
  }
  return (out, value) => {
    if (isAscii(value)) {
      out.u16(value.length * 2);
      out.widened(value);
    } else {
      const text = value.toString();
      out.u16(text.length * 2);
      out.utf16(text);
    }
  };
}

function toCodePage(utf8: Buffer): Buffer {
  return isAscii(utf8) ? utf8 : iconv.encode(utf8.toString(), 'windows-1252');
}
