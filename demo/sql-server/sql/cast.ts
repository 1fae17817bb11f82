import { SqlError, sqlErrors } from '../sql-error.js';
import { sortedToTextSql } from '../wire/guid.js';
import type { SqlType } from '../wire/type-info.js';
import { familyOf, literalSql } from './literal.js';
import type { Emitted } from './types.js';

const wholeNumbers = ['tinyint', 'smallint', 'int', 'bigint'];

/** Translates CAST and CONVERT. Refuses conversions that could fail for single rows on a server but not in MariaDB. */
export function castSql(value: Emitted, wanted: SqlType, style: number | null, orNull: boolean): Emitted {
  try {
    return { sql: cast(value, wanted, style, orNull), type: wanted };
  } catch (error) {
    if (orNull && error instanceof SqlError && value.constant !== undefined) return { sql: 'NULL', type: wanted };
    throw error;
  }
}

function cast(value: Emitted, wanted: SqlType, style: number | null, orNull: boolean): string {
  const from = familyOf(value.type);
  const to = familyOf(wanted);
  if (value.constant === null) return 'NULL';
  if (value.constant !== undefined && from === 'text' && to !== 'text') return literalSql(value.constant, wanted);
  if (from === to && to === 'guid') return value.sql;
  if (to === 'text') return shorten(toText(value, style), wanted);
  if (to === 'number' && from === 'number') return toNumber(value.sql, wanted);
  if (to === 'date' && from === 'date') return toDate(value.sql, wanted);
  if (to === 'bytes' && from === 'bytes') return value.sql;
  if (from === 'text' && orNull && to === 'number') return textToNumber(value.sql, wanted);
  if (from === 'text' && orNull && to === 'date') return toDate(value.sql, wanted);
  throw sqlErrors.syntax(
    'CAST',
    `it casts no ${value.type.name} column to ${wanted.name}; TRY_CAST works from texts to numbers and dates`,
  );
}

const shorten = (sql: string, wanted: SqlType): string =>
  wanted.length === undefined || wanted.length === -1 ? sql : `LEFT(${sql},${wanted.length})`;

function toText(value: Emitted, style: number | null): string {
  switch (familyOf(value.type)) {
    case 'text':
      return value.sql;
    case 'guid':
      return sortedToTextSql(value.sql);
    case 'date':
      return dateToText(value, style);
    case 'bytes':
      throw sqlErrors.syntax('CAST', 'it does not read bytes as text');
    default:
      return `CAST(${value.sql} AS CHAR)`;
  }
}

const formats: Record<number, string> = {
  20: '%Y-%m-%d %H:%i:%s',
  23: '%Y-%m-%d',
  101: '%m/%d/%Y',
  103: '%d/%m/%Y',
  111: '%Y/%m/%d',
  112: '%Y%m%d',
  120: '%Y-%m-%d %H:%i:%s',
};
const withMilliseconds: Record<number, string> = {
  21: '%Y-%m-%d %H:%i:%s.%f',
  121: '%Y-%m-%d %H:%i:%s.%f',
  126: '%Y-%m-%dT%H:%i:%s.%f',
};

function dateToText(value: Emitted, style: number | null): string {
  const usual = value.type.name === 'date' ? 23 : value.type.name === 'datetime2' ? 121 : 0;
  const wanted = style ?? usual;
  const exact = withMilliseconds[wanted];
  if (exact !== undefined) return `LEFT(DATE_FORMAT(${value.sql},'${exact}'),23)`;
  const format = formats[wanted];
  if (format !== undefined) return `DATE_FORMAT(${value.sql},'${format}')`;
  if (wanted !== 0) throw sqlErrors.syntax(String(wanted), 'this date style is not known here');
  // The default format of datetime: `Jan  2 2026  3:04PM`, day and hour padded with a space.
  const day = `LPAD(DATE_FORMAT(${value.sql},'%e'),2,' ')`;
  const hour = `LPAD(DATE_FORMAT(${value.sql},'%l'),2,' ')`;
  return `CONCAT(DATE_FORMAT(${value.sql},'%b '),${day},DATE_FORMAT(${value.sql},' %Y '),${hour},DATE_FORMAT(${value.sql},':%i%p'))`;
}

function toNumber(sql: string, wanted: SqlType): string {
  if (wanted.name === 'bit') return `(${sql} <> 0)`;
  if (wholeNumbers.includes(wanted.name)) return `TRUNCATE(${sql},0)`;
  if (wanted.name === 'float' || wanted.name === 'real') return `CAST(${sql} AS DOUBLE)`;
  const [precision, scale] = wanted.name === 'decimal' ? [wanted.precision ?? 18, wanted.scale ?? 0] : [19, 4];
  return `CAST(${sql} AS DECIMAL(${precision},${scale}))`;
}

function textToNumber(sql: string, wanted: SqlType): string {
  const shape = wholeNumbers.includes(wanted.name) ? '^ *[-+]?[0-9]+ *$' : '^ *[-+]?[0-9]+([.][0-9]*)? *$';
  return `CASE WHEN ${sql} REGEXP '${shape}' THEN ${toNumber(`CAST(${sql} AS DECIMAL(38,10))`, wanted)} END`;
}

function toDate(sql: string, wanted: SqlType): string {
  if (wanted.name === 'date') return `CAST(${sql} AS DATE)`;
  if (wanted.name === 'time') return `CAST(${sql} AS TIME(${Math.min(6, wanted.scale ?? 6)}))`;
  return `CAST(${sql} AS DATETIME(${wanted.name === 'datetime' ? 3 : Math.min(6, wanted.scale ?? 6)}))`;
}
