import type { ParameterValue } from '../wire/parameters.js';
import { isWide } from '../wire/type-info.js';
import type { SqlType, TypeName } from '../wire/type-info.js';
import { familyOf, literalSql } from './literal.js';

/** A translated value: its MariaDB SQL, its T-SQL type, and the value itself if it is known in advance. */
export interface Emitted {
  sql: string;
  type: SqlType;
  constant?: ParameterValue;
}

/** T-SQL's data type precedence, highest first: of two types, the lower is converted to the higher. */
const precedence: TypeName[] = [
  ...(['datetimeoffset', 'datetime2', 'datetime', 'smalldatetime', 'date', 'time'] as const),
  ...(['float', 'real', 'decimal', 'money', 'smallmoney', 'bigint', 'int', 'smallint', 'tinyint', 'bit'] as const),
  ...(['uniqueidentifier', 'nvarchar', 'nchar', 'varchar', 'char', 'varbinary', 'binary'] as const),
];

export const isNullConstant = (value: Emitted): boolean => value.constant === null;

/** Returns the type of a CASE, COALESCE or UNION over these values. Ignores a bare NULL. */
export function commonType(values: Emitted[]): SqlType {
  const known = values.filter((value) => !isNullConstant(value)).map((value) => value.type);
  const types = known.length > 0 ? known : values.map((value) => value.type);
  return types.reduce(merge);
}

function merge(left: SqlType, right: SqlType): SqlType {
  const [higher, lower] =
    precedence.indexOf(left.name) <= precedence.indexOf(right.name) ? [left, right] : [right, left];
  if (higher.name === 'decimal') return mergeDecimals(higher, lower);
  const sized = higher.length !== undefined && lower.length !== undefined;
  if (sized && familyOf(lower) === familyOf(higher)) {
    const length = higher.length === -1 || lower.length === -1 ? -1 : Math.max(higher.length ?? 1, lower.length ?? 1);
    const varying = { nchar: 'nvarchar', char: 'varchar', binary: 'varbinary' }[higher.name as 'char'] ?? higher.name;
    return {
      name: lower.name === higher.name && lower.length === length ? higher.name : (varying as TypeName),
      length,
    };
  }
  if (higher.scale !== undefined) return { ...higher, scale: Math.max(higher.scale, lower.scale ?? 0) };
  return higher;
}

function mergeDecimals(higher: SqlType, lower: SqlType): SqlType {
  const other = lower.name === 'decimal' ? lower : { precision: 19, scale: lower.name.endsWith('money') ? 4 : 0 };
  const scale = Math.max(higher.scale ?? 0, other.scale ?? 0);
  const whole = Math.max((higher.precision ?? 18) - (higher.scale ?? 0), (other.precision ?? 18) - (other.scale ?? 0));
  return { name: 'decimal', precision: Math.min(38, whole + scale), scale };
}

/** Converts a value to type `wanted`; a known value is converted at once, and its error thrown at once. */
export function converted(value: Emitted, wanted: SqlType): string {
  if (value.constant === undefined) return value.sql;
  return literalSql(value.constant, wanted);
}

export const text = (length: number): SqlType => ({ name: 'nvarchar', length });
export const textLike = (type: SqlType, length = type.length ?? 4000): SqlType => ({
  name: isWide(type.name) ? 'nvarchar' : 'varchar',
  length,
});
