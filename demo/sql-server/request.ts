import { sqlErrors } from './sql-error.js';
import { ByteReader } from './wire/bytes.js';
import { messageType } from './wire/packets.js';
import type { Message } from './wire/packets.js';
import { readParameter } from './wire/parameters.js';
import type { Parameter } from './wire/parameters.js';

/** A request of a client after login. */
export type ClientRequest =
  | { kind: 'batch'; sql: string }
  | { kind: 'run'; sql: string; parameters: Parameter[] }
  | { kind: 'prepare'; sql: string; declaration: string; run: Parameter[] | null }
  | { kind: 'execute'; handle: number; parameters: Parameter[] }
  | { kind: 'unprepare'; handle: number }
  | { kind: 'transaction'; action: 'begin' | 'commit' | 'rollback' };

/** The stored procedures that drivers call by number (MS-TDS 2.2.6.6). */
const procedures: Record<number, string> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  15: 'sp_unprepare',
};

/** Reads a message; throws a `SqlError` for an unknown procedure. */
export function readRequest({ type, body }: Message): ClientRequest {
  const reader = new ByteReader(body);
  // ALL_HEADERS starts with four bytes of length.
  reader.at = body.readUInt32LE(0);
  if (type === messageType.batch) return { kind: 'batch', sql: reader.utf16(reader.left / 2) };
  if (type === messageType.transaction) return readTransaction(reader);
  const length = reader.u16();
  const name = length === 0xffff ? procedureByNumber(reader.u16()) : reader.utf16(length);
  reader.u16();
  const parameters: Parameter[] = [];
  while (reader.left > 0) parameters.push(readParameter(reader));
  return toRequest(name, parameters);
}

function procedureByNumber(number: number): string {
  return procedures[number] ?? `procedure ${number}`;
}

function readTransaction(reader: ByteReader): ClientRequest {
  const actions: Record<number, 'begin' | 'commit' | 'rollback'> = { 5: 'begin', 7: 'commit', 8: 'rollback' };
  const action = actions[reader.u16()];
  if (action === undefined) throw sqlErrors.syntax('transaction', 'it knows begin, commit and rollback');
  return { kind: 'transaction', action };
}

function toRequest(name: string, parameters: Parameter[]): ClientRequest {
  const text = (at: number): string => String(parameters[at]?.value ?? '');
  const bare = name.toLowerCase().replace(/^(master\.)?(dbo|sys)?\./, '');
  switch (bare) {
    case 'sp_executesql':
      return { kind: 'run', sql: text(0), parameters: withNames(parameters.slice(2), text(1)) };
    case 'sp_prepare':
      return { kind: 'prepare', declaration: text(1), sql: text(2), run: null };
    case 'sp_prepexec':
      return {
        kind: 'prepare',
        declaration: text(1),
        sql: text(2),
        run: withNames(parameters.slice(3), text(1)),
      };
    case 'sp_execute':
      return { kind: 'execute', handle: Number(text(0)), parameters: parameters.slice(1) };
    case 'sp_unprepare':
      return { kind: 'unprepare', handle: Number(text(0)) };
    default:
      throw sqlErrors.noProcedure(name);
  }
}

/** Names parameters given by position after the declaration: `@a int, @b nvarchar(20)`. */
export function withNames(parameters: Parameter[], declaration: string): Parameter[] {
  const names = declaration.match(/@[\w@#$]+/g) ?? [];
  return parameters.map((parameter, at) =>
    parameter.name === '' ? { ...parameter, name: names[at] ?? '' } : parameter,
  );
}
