import { sqlErrors } from '../sql-error.js';
import type { SqlType, TypeName } from '../wire/type-info.js';
import type { Cursor } from './cursor.js';

const plain: Record<string, TypeName> = {
  bit: 'bit',
  tinyint: 'tinyint',
  smallint: 'smallint',
  int: 'int',
  integer: 'int',
  bigint: 'bigint',
  real: 'real',
  smallmoney: 'smallmoney',
  money: 'money',
  date: 'date',
  smalldatetime: 'smalldatetime',
  datetime: 'datetime',
  uniqueidentifier: 'uniqueidentifier',
};
const withLength: TypeName[] = ['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary'];
const withScale: TypeName[] = ['time', 'datetime2', 'datetimeoffset'];

/** Parses a type of CAST, CONVERT or a parameter declaration. The default length in CAST is 30. */
export function parseType(cursor: Cursor): SqlType {
  const token = cursor.next();
  const name = token.text.toLowerCase();
  if (token.kind !== 'name' && token.kind !== 'quoted') throw sqlErrors.syntax(token.text);
  const sizes = parseSizes(cursor);
  if (plain[name] !== undefined) return { name: plain[name] };
  if (name === 'float') return { name: sizes[0] !== undefined && sizes[0] <= 24 ? 'real' : 'float' };
  if (['decimal', 'numeric', 'dec'].includes(name)) {
    return { name: 'decimal', precision: sizes[0] ?? 18, scale: sizes[1] ?? 0 };
  }
  const sized = withLength.find((each) => each === name);
  if (sized !== undefined) return { name: sized, length: sizes[0] ?? 30 };
  const timed = withScale.find((each) => each === name);
  if (timed !== undefined) return { name: timed, scale: sizes[0] ?? 7 };
  throw sqlErrors.notAType(token.text);
}

function parseSizes(cursor: Cursor): number[] {
  if (!cursor.takeOp('(')) return [];
  const sizes: number[] = [];
  do {
    const token = cursor.next();
    if (token.kind === 'name' && token.text.toLowerCase() === 'max') sizes.push(-1);
    else if (token.kind === 'number' && /^\d+$/.test(token.text)) sizes.push(Number(token.text));
    else throw sqlErrors.syntax(token.text);
  } while (cursor.takeOp(','));
  cursor.expectOp(')');
  return sizes;
}
