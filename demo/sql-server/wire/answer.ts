import type { SqlError } from '../sql-error.js';
import type { ByteWriter } from './bytes.js';
import type { SqlType } from './types.js';

/** One column of a result, as COLMETADATA describes it. */
export interface ResultColumn {
  /** Column name; empty for an expression without a name. */
  name: string;
  type: SqlType;
}

const token = {
  columns: 0x81,
  error: 0xaa,
  loginAck: 0xad,
  row: 0xd1,
  change: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
};

/** Bits of DONE: more follows, an error occurred, a row count is given, a cancel is acknowledged. */
export const doneStatus = { final: 0, more: 1, error: 2, count: 0x10, attention: 0x20 } as const;
export const changeOf = { database: 1, packetSize: 4 };

const selectCommand = 0xc1;

export function writeDone(
  out: ByteWriter,
  status: number,
  rows = 0,
  where: 'done' | 'doneProcedure' | 'doneInProcedure' = 'done',
): void {
  out.u8(token[where]);
  out.u16(status);
  out.u16((status & doneStatus.count) !== 0 ? selectCommand : 0);
  out.big(BigInt(rows), 8);
}

export function writeError(out: ByteWriter, { number, level, message }: SqlError): void {
  out.u8(token.error);
  out.counted(() => {
    out.u32(number);
    out.u8(1);
    out.u8(level);
    out.u16(message.length);
    out.raw(Buffer.from(message, 'utf16le'));
    out.shortText('STANDIN');
    out.shortText('');
    out.u32(1);
  });
}

/** Writes ENVCHANGE: the database or the packet size, now and before. */
export function writeChange(out: ByteWriter, change: number, now: string, before: string): void {
  out.u8(token.change);
  out.counted(() => {
    out.u8(change);
    out.shortText(now);
    out.shortText(before);
  });
}

export function writeLoginAck(out: ByteWriter): void {
  out.u8(token.loginAck);
  out.counted(() => {
    out.u8(1);
    // TDS 7.4; this number alone is big-endian.
    out.raw(Buffer.from([0x74, 0, 0, 4]));
    out.shortText('Microsoft SQL Server (stand-in)');
    out.raw(Buffer.from([13, 0, 0x10, 0x5c]));
  });
}

export function writeColumns(out: ByteWriter, columns: ResultColumn[]): void {
  out.u8(token.columns);
  out.u16(columns.length);
  for (const { name, type } of columns) {
    out.u32(0);
    out.u16(0x0001);
    out.raw(type.info);
    out.shortText(name.slice(0, 128));
  }
}

export const writeRowStart = (out: ByteWriter): void => out.u8(token.row);
