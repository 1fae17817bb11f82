import iconv from 'iconv-lite';
import type { ByteWriter } from './bytes.js';
import { fromSorted } from './guid.js';

/** SQL_Latin1_General_CP1_CI_AS: US English, code page 1252. */
export const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** A T-SQL type of a result column. */
export interface SqlType {
  /** Its name in INFORMATION_SCHEMA. */
  name: string;
  /** TYPE_INFO (MS-TDS 2.2.5.4), which describes the column to the client. */
  info: Buffer;
  /** Writes one value: the bytes of MariaDB's text protocol, or null. */
  write(out: ByteWriter, value: Buffer | null): void;
}

/** A type whose values start with their size in one byte, 0 for NULL. */
function sized(name: string, info: number[], size: number, write: (out: ByteWriter, value: Buffer) => void): SqlType {
  return {
    name,
    info: Buffer.from(info),
    write(out, value) {
      out.u8(value === null ? 0 : size);
      if (value !== null) write(out, value);
    },
  };
}

const number = (value: Buffer): number => Number(value.toString('latin1'));

const whole = (name: string, size: number): SqlType =>
  sized(name, [0x26, size], size, (out, value) => out.int(number(value), size));

/** Scales the text `12.34` by four digits to 123400n; cuts digits beyond them. */
function scaled(value: Buffer, scale: number): bigint {
  const [units = '0', fraction = ''] = value.toString('latin1').split('.');
  return BigInt(units + fraction.slice(0, scale).padEnd(scale, '0'));
}

/** Returns the type of decimals; the precision decides their size. */
export function decimal(precision: number, scale: number): SqlType {
  const size = precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
  return sized('decimal', [0x6a, size + 1, precision, scale], size + 1, (out, value) => {
    const units = scaled(value, scale);
    out.u8(units < 0n ? 0 : 1);
    out.big(units < 0n ? -units : units, size);
  });
}

const dayMs = 86_400_000;
const year1 = Date.parse('0001-01-01T00:00:00Z');
const year1900 = Date.UTC(1900, 0, 1);

/** Splits MariaDB's `2020-02-03 10:00:00.123` into days since a first day and milliseconds since midnight. */
function moment(value: Buffer, first: number): { days: number; ms: number } {
  const text = value.toString('latin1');
  const time = Date.parse(`${text.slice(0, 10)}T${text.slice(11) || '00:00:00'}Z`) - first;
  const days = Math.floor(time / dayMs);
  return { days, ms: time - days * dayMs };
}

/** Returns the type `datetime2` with this number of digits of a second; only milliseconds are kept. */
export function datetime2(scale: number): SqlType {
  const size = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
  return sized('datetime2', [0x2a, scale], size + 3, (out, value) => {
    const { days, ms } = moment(value, year1);
    out.uint(Math.floor(ms * 10 ** (scale - 3)), size);
    out.uint(days, 3);
  });
}

/** The types that have no parameters. */
export const types = {
  bit: sized('bit', [0x68, 1], 1, (out, value) => out.u8(number(value) === 0 ? 0 : 1)),
  tinyint: sized('tinyint', [0x26, 1], 1, (out, value) => out.u8(number(value))),
  smallint: whole('smallint', 2),
  int: whole('int', 4),
  bigint: sized('bigint', [0x26, 8], 8, (out, value) => out.big(scaled(value, 0), 8)),
  money: sized('money', [0x6e, 8], 8, (out, value) => {
    // The high half comes first, unlike in any other TDS number.
    const units = BigInt.asUintN(64, scaled(value, 4));
    out.big(units >> 32n, 4);
    out.big(units, 4);
  }),
  date: sized('date', [0x28], 3, (out, value) => out.uint(moment(value, year1).days, 3)),
  // Ticks of 1/300 s, so its milliseconds end in 0, 3 or 7.
  datetime: sized('datetime', [0x6f, 8], 8, (out, value) => {
    const { days, ms } = moment(value, year1900);
    out.int(days, 4);
    out.u32(Math.round(ms * 0.3));
  }),
  uniqueidentifier: sized('uniqueidentifier', [0x24, 16], 16, (out, value) => out.raw(fromSorted(value))),
};

const codes = { varchar: 0xa7, char: 0xaf, nvarchar: 0xe7, nchar: 0xef, varbinary: 0xa5, binary: 0xad };

/** Returns a text or binary type; a length of -1 means `max`, whose values are sent in chunks (PLP). */
export function text(name: keyof typeof codes, length: number): SqlType {
  const wide = name.startsWith('n');
  const isBinary = name.endsWith('binary');
  const size = length === -1 ? 0xffff : length * (wide ? 2 : 1);
  // MariaDB sends texts in UTF-8.
  const encode = (value: Buffer): Buffer =>
    isBinary ? value : wide ? Buffer.from(value.toString(), 'utf16le') : iconv.encode(value.toString(), 'windows-1252');
  return {
    name,
    info: Buffer.from([codes[name], size & 0xff, size >> 8, ...(isBinary ? [] : collation)]),
    write(out, value) {
      const bytes = value === null ? null : encode(value);
      if (length !== -1) {
        out.u16(bytes === null ? 0xffff : bytes.length);
        if (bytes !== null) out.raw(bytes);
        return;
      }
      out.big(bytes === null ? -1n : BigInt(bytes.length), 8);
      if (bytes === null) return;
      if (bytes.length > 0) out.u32(bytes.length);
      out.raw(bytes);
      out.u32(0);
    },
  };
}
