import type { SqlError } from '../sql-error.js';
import type { ByteWriter } from './bytes.js';
import { writeTypeInfo } from './type-info.js';
import type { SqlType } from './type-info.js';

/** One column of a result, as COLMETADATA describes it. */
export interface ResultColumn {
  /** Column name; empty for an expression without a name. */
  name: string;
  type: SqlType;
}

export const serverName = 'STANDIN';

const token = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  info: 0xab,
  returnValue: 0xac,
  loginAck: 0xad,
  row: 0xd1,
  change: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
};

export const doneStatus = { final: 0, more: 1, error: 2, count: 0x10, attention: 0x20 } as const;
export const changeOf = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begin: 8,
  commit: 9,
  rollback: 10,
  reset: 18,
};

const selectCommand = 0xc1;

export function writeDone(
  out: ByteWriter,
  status: number,
  rows = 0n,
  where: 'batch' | 'procedure' | 'inProcedure' = 'batch',
): void {
  out.u8({ batch: token.done, procedure: token.doneProcedure, inProcedure: token.doneInProcedure }[where]);
  out.u16(status);
  out.u16((status & doneStatus.count) !== 0 ? selectCommand : 0);
  out.u64(rows);
}

/** Writes ERROR or INFO, which have the same structure; a length counts the bytes after it. */
function writeMessage(
  out: ByteWriter,
  kind: number,
  message: Pick<SqlError, 'number' | 'state' | 'level' | 'message'>,
): void {
  out.u8(kind);
  const start = out.length;
  out.u16(0);
  out.i32(message.number);
  out.u8(message.state);
  out.u8(message.level);
  out.longText(message.message);
  out.shortText(serverName);
  out.shortText('');
  out.i32(1);
  out.patchU16(start, out.length - start - 2);
}

export function writeError(out: ByteWriter, error: SqlError): void {
  writeMessage(out, token.error, error);
}

export function writeInfo(out: ByteWriter, number: number, text: string): void {
  writeMessage(out, token.info, { number, state: 2, level: 0, message: text });
}

/** Writes ENVCHANGE for a text: database, language, packet size. */
export function writeTextChange(out: ByteWriter, what: number, now: string, before: string): void {
  out.u8(token.change);
  out.u16(3 + (now.length + before.length) * 2);
  out.u8(what);
  out.shortText(now);
  out.shortText(before);
}

/** Writes ENVCHANGE for bytes: collation, transaction descriptors, reset. */
export function writeByteChange(out: ByteWriter, what: number, now: Buffer, before: Buffer): void {
  out.u8(token.change);
  out.u16(3 + now.length + before.length);
  out.u8(what);
  out.u8(now.length);
  out.raw(now);
  out.u8(before.length);
  out.raw(before);
}

export function writeLoginAck(out: ByteWriter): void {
  const program = 'Microsoft SQL Server (stand-in)';
  out.u8(token.loginAck);
  out.u16(1 + 4 + 1 + program.length * 2 + 4);
  out.u8(1);
  out.u32BigEndian(0x74000004);
  out.shortText(program);
  out.raw(Buffer.from([13, 0, 0x10, 0x5c]));
}

export function writeColumns(out: ByteWriter, columns: ResultColumn[]): void {
  out.u8(token.columns);
  out.u16(columns.length);
  for (const { name, type } of columns) {
    out.u32(0);
    out.u16(0x0001);
    writeTypeInfo(out, type);
    out.shortText(name.slice(0, 128));
  }
}

export function writeRowStart(out: ByteWriter): void {
  out.u8(token.row);
}

export function writeReturnStatus(out: ByteWriter): void {
  out.u8(token.returnStatus);
  out.i32(0);
}

/** Writes the only output parameter: the handle of sp_prepare. */
export function writeHandle(out: ByteWriter, handle: number, name = '@handle'): void {
  out.u8(token.returnValue);
  out.u16(0);
  out.shortText(name);
  out.u8(1);
  out.u32(0);
  out.u16(0);
  writeTypeInfo(out, { name: 'int' });
  out.u8(4);
  out.i32(handle);
}
