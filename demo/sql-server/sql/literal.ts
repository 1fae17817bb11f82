import { sqlErrors } from '../sql-error.js';
import { parseGuid, toSorted } from '../wire/guid.js';
import type { ParameterValue } from '../wire/parameters.js';
import type { SqlType, TypeName } from '../wire/type-info.js';

export type Family = 'number' | 'text' | 'date' | 'guid' | 'bytes';

const families: [Family, TypeName[]][] = [
  ['text', ['char', 'varchar', 'nchar', 'nvarchar']],
  ['date', ['date', 'time', 'smalldatetime', 'datetime', 'datetime2', 'datetimeoffset']],
  ['guid', ['uniqueidentifier']],
  ['bytes', ['binary', 'varbinary']],
];

export function familyOf(type: SqlType): Family {
  return families.find(([, names]) => names.includes(type.name))?.[0] ?? 'number';
}

/** Quotes a text for MariaDB in NO_BACKSLASH_ESCAPES mode, where only the quote itself is doubled. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const quoteBytes = (bytes: Buffer): string => `X'${bytes.toString('hex')}'`;

const numberShape = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;
const dateShape = /^\s*(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?)Z?)?\s*$/;
const timeShape = /^\s*\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?\s*$/;

/**
 * Writes a value that is known before the query runs as a MariaDB literal of the wanted type. A text that is not a
 * number, date or GUID throws the error that a server gives for the conversion.
 */
export function literalSql(value: ParameterValue, wanted: SqlType): string {
  if (value === null) return 'NULL';
  switch (familyOf(wanted)) {
    case 'text':
      return quoteText(typeof value === 'string' ? value : value.toString('latin1'));
    case 'bytes':
      return quoteBytes(typeof value === 'string' ? Buffer.from(value, 'utf16le') : value);
    case 'guid': {
      const guid = parseGuid(String(value));
      if (guid === null) throw sqlErrors.notAGuid();
      return quoteBytes(toSorted(guid));
    }
    case 'date':
      return dateSql(String(value), wanted);
    case 'number': {
      const text = String(value).trim();
      const isWhole = !['real', 'float', 'decimal', 'money', 'smallmoney'].includes(wanted.name);
      if (!numberShape.test(text) || (isWhole && !/^[-+]?\d+$/.test(text)))
        throw sqlErrors.notANumber(text, wanted.name);
      // The exponent makes it a double in MariaDB too, with all its digits.
      return wanted.name === 'float' || wanted.name === 'real' ? Number(text).toExponential() : text;
    }
  }
}

function dateSql(text: string, wanted: SqlType): string {
  if (wanted.name === 'time') {
    if (!timeShape.test(text)) throw sqlErrors.notADate();
    return `TIME'${text.trim().slice(0, 15)}'`;
  }
  const found = dateShape.exec(text);
  if (found === null) throw sqlErrors.notADate();
  const [, year, month, day, clock = '00:00:00'] = found;
  if (wanted.name === 'date') return `DATE'${year}-${month}-${day}'`;
  // MariaDB stores six fractional digits of a second; the seventh is lost.
  return `TIMESTAMP'${year}-${month}-${day} ${clock.length === 5 ? `${clock}:00` : clock.slice(0, 15)}'`;
}
