import { SqlError, sqlErrors } from '../sql-error.js';
import type { SqlType } from '../wire/type-info.js';
import { familyOf } from './literal.js';
import type { Emitted } from './types.js';

const ranking = ['ROW_NUMBER', 'RANK', 'DENSE_RANK'];
const aggregates = ['COUNT', 'COUNT_BIG', 'SUM', 'MIN', 'MAX', 'AVG'];

export const isAggregate = (name: string): boolean => aggregates.includes(name) || ranking.includes(name);

export interface AggregateCall {
  name: string;
  /** The argument; null for COUNT(*) and the ranking functions. */
  argument: Emitted | null;
  distinct: boolean;
  /** The content of OVER(...); null without it. */
  over: string | null;
}

/** Translates COUNT, SUM and so on by T-SQL's rules: integers stay integers, and a bit cannot be summed or compared. */
export function aggregateSql({ name, argument, distinct, over }: AggregateCall): Emitted {
  const window = over === null ? '' : ` OVER (${over})`;
  if (ranking.includes(name)) {
    if (over === null) throw new SqlError(10753, `The function '${name}' must have an OVER clause.`, 15);
    return { sql: `${name}()${window}`, type: { name: 'bigint' } };
  }
  const inner = `${distinct ? 'DISTINCT ' : ''}${argument === null ? '*' : argument.sql}`;
  if (name === 'COUNT' || name === 'COUNT_BIG') {
    return { sql: `COUNT(${inner})${window}`, type: { name: name === 'COUNT' ? 'int' : 'bigint' } };
  }
  if (argument === null) throw sqlErrors.syntax('*');
  const { type } = argument;
  if (type.name === 'bit') {
    throw new SqlError(8117, `Operand data type bit is invalid for ${name.toLowerCase()} operator.`);
  }
  if (name === 'MIN' || name === 'MAX') return { sql: `${name}(${inner})${window}`, type };
  if (familyOf(type) !== 'number') {
    throw new SqlError(8117, `Operand data type ${type.name} is invalid for ${name.toLowerCase()} operator.`);
  }
  const sum = sumType(type);
  const isWhole = sum.name === 'int' || sum.name === 'bigint';
  const sql = `${name}(${inner})${window}`;
  return {
    sql: name === 'AVG' && isWhole ? `TRUNCATE(${sql},0)` : sql,
    type: name === 'AVG' && sum.name === 'decimal' ? { ...sum, scale: Math.max(6, sum.scale ?? 0) } : sum,
  };
}

function sumType(type: SqlType): SqlType {
  if (['tinyint', 'smallint', 'int'].includes(type.name)) return { name: 'int' };
  if (type.name === 'decimal') return { name: 'decimal', precision: 38, scale: type.scale ?? 0 };
  if (type.name === 'smallmoney') return { name: 'money' };
  return type.name === 'real' ? { name: 'float' } : { name: type.name };
}
