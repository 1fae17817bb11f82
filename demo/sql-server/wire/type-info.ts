import type { ByteReader, ByteWriter } from './bytes.js';

/** SQL_Latin1_General_CP1_CI_AS: US English, code page 1252. */
export const collation = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

export type TypeName =
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'real'
  | 'float'
  | 'smallmoney'
  | 'money'
  | 'decimal'
  | 'date'
  | 'time'
  | 'smalldatetime'
  | 'datetime'
  | 'datetime2'
  | 'datetimeoffset'
  | 'char'
  | 'varchar'
  | 'nchar'
  | 'nvarchar'
  | 'binary'
  | 'varbinary'
  | 'uniqueidentifier';

/** A T-SQL type. */
export interface SqlType {
  name: TypeName;
  /** Length in characters or bytes; -1 is `max`. */
  length?: number;
  precision?: number;
  /** Digits after the decimal point; for times, of the seconds. */
  scale?: number;
}

/** Type codes of TYPE_INFO (MS-TDS 2.2.5.4): fixed-size types by size, variable-size types by name. */
const intN = 0x26;
const floatN = 0x6d;
const moneyN = 0x6e;
const datetimeN = 0x6f;
const bitN = 0x68;
const sized: Partial<Record<TypeName, [code: number, size: number]>> = {
  bit: [bitN, 1],
  tinyint: [intN, 1],
  smallint: [intN, 2],
  int: [intN, 4],
  bigint: [intN, 8],
  real: [floatN, 4],
  float: [floatN, 8],
  smallmoney: [moneyN, 4],
  money: [moneyN, 8],
  smalldatetime: [datetimeN, 4],
  datetime: [datetimeN, 8],
  uniqueidentifier: [0x24, 16],
};
const texts: Partial<Record<TypeName, number>> = { varchar: 0xa7, char: 0xaf, nvarchar: 0xe7, nchar: 0xef };
const bytes: Partial<Record<TypeName, number>> = { varbinary: 0xa5, binary: 0xad };
const times: Partial<Record<TypeName, number>> = { time: 0x29, datetime2: 0x2a, datetimeoffset: 0x2b };
const decimalN = 0x6a;
const numericN = 0x6c;
const dateN = 0x28;
const nullType = 0x1f;

export const isMax = (type: SqlType): boolean => type.length === -1;
export const isWide = (name: TypeName): boolean => name === 'nvarchar' || name === 'nchar';

/** Returns the number of bytes of a decimal's magnitude for a precision. */
export function decimalSize(precision: number): number {
  return precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
}

export function writeTypeInfo(out: ByteWriter, type: SqlType): void {
  const fixed = sized[type.name];
  if (fixed !== undefined) {
    out.u8(fixed[0]);
    out.u8(fixed[1]);
  } else if (type.name === 'decimal') {
    const precision = type.precision ?? 18;
    out.u8(decimalN);
    out.u8(decimalSize(precision) + 1);
    out.u8(precision);
    out.u8(type.scale ?? 0);
  } else if (type.name === 'date') {
    out.u8(dateN);
  } else if (times[type.name] !== undefined) {
    out.u8(times[type.name] as number);
    out.u8(type.scale ?? 7);
  } else {
    out.u8((texts[type.name] ?? bytes[type.name]) as number);
    out.u16(isMax(type) ? 0xffff : (type.length ?? 1) * (isWide(type.name) ? 2 : 1));
    if (texts[type.name] !== undefined) out.raw(collation);
  }
}

const named = (codes: Partial<Record<TypeName, number>>, code: number): TypeName | undefined =>
  (Object.keys(codes) as TypeName[]).find((name) => codes[name] === code);

/** Reads the type of a parameter; null for a code that none of our drivers sends. */
export function readTypeInfo(reader: ByteReader): SqlType | null {
  const code = reader.u8();
  if (code === nullType) return { name: 'nvarchar', length: 1 };
  if (code === dateN) return { name: 'date' };
  const time = named(times, code);
  if (time !== undefined) return { name: time, scale: reader.u8() };
  if (code === decimalN || code === numericN) {
    reader.u8();
    return { name: 'decimal', precision: reader.u8(), scale: reader.u8() };
  }
  const text = named(texts, code);
  const name = text ?? named(bytes, code);
  if (name !== undefined) {
    const size = reader.u16();
    if (text !== undefined) reader.raw(collation.length);
    return { name, length: size === 0xffff ? -1 : isWide(name) ? size / 2 : size };
  }
  if (![intN, floatN, moneyN, datetimeN, bitN, 0x24].includes(code)) return null;
  const size = reader.u8();
  const found = (Object.keys(sized) as TypeName[]).find(
    (each) => sized[each]?.[0] === code && sized[each]?.[1] === size,
  );
  return found === undefined ? null : { name: found };
}
