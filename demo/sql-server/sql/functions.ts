import { SqlError, sqlErrors } from '../sql-error.js';
import type { SqlType } from '../wire/type-info.js';
import { isWide } from '../wire/type-info.js';
import { familyOf, literalSql, quoteText } from './literal.js';
import { commonType, converted, isNullConstant, text, textLike } from './types.js';
import type { Emitted } from './types.js';

/** The facts about a session that functions use. */
export interface SessionFacts {
  database: string;
  user: string;
  host: string;
  application: string;
  /** The server's time. */
  now: Date;
  /** Minutes that the server's local time is ahead of UTC. */
  offset: number;
}

type Build = (args: Emitted[], session: SessionFacts) => Emitted;
interface Definition {
  least: number;
  most: number;
  build: Build;
}

const int: SqlType = { name: 'int' };
const first = (args: Emitted[]): Emitted => args[0] as Emitted;
const list = (args: Emitted[]): string => args.map((arg) => arg.sql).join(',');

function on(least: number, most: number, build: Build): Definition {
  return { least, most, build };
}

/** Defines a function that MariaDB has under the same name and that returns the type of its first argument. */
const same = (name: string, count: number): Definition =>
  on(count, count, (args) => ({ sql: `${name}(${list(args)})`, type: textLike(first(args).type) }));

const clock = (type: SqlType, isLocal: boolean): Definition =>
  on(0, 0, (_args, { now, offset }) => {
    const moment = new Date(now.getTime() + (isLocal ? offset * 60_000 : 0));
    return { sql: literalSql(moment.toISOString().slice(0, 23), type), type };
  });

const known = (length: number, value: (session: SessionFacts) => string): Definition =>
  on(0, 0, (_args, session) => ({ sql: quoteText(value(session)), type: text(length) }));

/** Returns the date part that DATEADD and similar functions name. */
function partOf(args: Emitted[]): string {
  const word = String(first(args).constant);
  const parts: Record<string, string> = {
    ...{
      year: 'YEAR',
      yy: 'YEAR',
      yyyy: 'YEAR',
      quarter: 'QUARTER',
      qq: 'QUARTER',
      month: 'MONTH',
      mm: 'MONTH',
      m: 'MONTH',
    },
    ...{ week: 'WEEK', wk: 'WEEK', day: 'DAY', dd: 'DAY', d: 'DAY', hour: 'HOUR', hh: 'HOUR' },
    ...{ minute: 'MINUTE', mi: 'MINUTE', n: 'MINUTE', second: 'SECOND', ss: 'SECOND', s: 'SECOND' },
  };
  return parts[word] ?? fail155(word);
}

function fail155(word: string): never {
  throw new SqlError(155, `'${word}' is not a recognized datepart option.`, 15);
}

function dateOf(value: Emitted): Emitted {
  const type: SqlType = familyOf(value.type) === 'date' ? value.type : { name: 'datetime2', scale: 6 };
  return { sql: converted(value, type), type };
}

/** DATEDIFF counts the boundaries crossed, not the time elapsed. */
const dateDiff: Build = (args) => {
  const [from, to] = args.slice(1).map((arg) => dateOf(arg).sql) as [string, string];
  const part = partOf(args);
  const months = (date: string): string => `(YEAR(${date})*12+MONTH(${date}))`;
  const seconds = (date: string, size: number): string => `FLOOR(TO_SECONDS(${date})/${size})`;
  const sizes: Record<string, number> = { HOUR: 3600, MINUTE: 60, SECOND: 1 };
  if (part === 'YEAR') return { sql: `(YEAR(${to})-YEAR(${from}))`, type: int };
  if (part === 'MONTH') return { sql: `(${months(to)}-${months(from)})`, type: int };
  if (part === 'DAY') return { sql: `DATEDIFF(${to},${from})`, type: int };
  const size = sizes[part];
  if (size === undefined) fail155(part.toLowerCase());
  return { sql: `(${seconds(to, size)}-${seconds(from, size)})`, type: int };
};

const coalesce: Build = (args) => {
  const type = commonType(args);
  return { sql: `COALESCE(${args.map((arg) => converted(arg, type)).join(',')})`, type };
};

const functions: Record<string, Definition> = {
  LEN: on(1, 1, ([arg]) => ({ sql: `CHAR_LENGTH(RTRIM(${arg?.sql}))`, type: int })),
  DATALENGTH: on(1, 1, (args) => {
    const { sql, type } = first(args);
    if (familyOf(type) === 'text') return { sql: `(CHAR_LENGTH(${sql})*${isWide(type.name) ? 2 : 1})`, type: int };
    if (familyOf(type) === 'bytes') return { sql: `LENGTH(${sql})`, type: int };
    throw sqlErrors.syntax('DATALENGTH', 'it measures texts and bytes only');
  }),
  LTRIM: same('LTRIM', 1),
  RTRIM: same('RTRIM', 1),
  TRIM: same('TRIM', 1),
  UPPER: same('UPPER', 1),
  LOWER: same('LOWER', 1),
  REVERSE: same('REVERSE', 1),
  LEFT: same('LEFT', 2),
  RIGHT: same('RIGHT', 2),
  SUBSTRING: same('SUBSTRING', 3),
  REPLACE: same('REPLACE', 3),
  REPLICATE: same('REPEAT', 2),
  CHARINDEX: on(2, 3, (args) => ({ sql: `LOCATE(${list(args)})`, type: int })),
  CONCAT: on(2, 254, (args) => ({
    sql: `CONCAT(${args.map((arg) => `IFNULL(${arg.sql},'')`).join(',')})`,
    type: text(4000),
  })),
  ISNULL: on(2, 2, (args) => {
    // For a bare NULL, the replacement decides the type; this happens nowhere else in T-SQL.
    const { type } = isNullConstant(first(args)) ? (args[1] as Emitted) : first(args);
    return { sql: `IFNULL(${first(args).sql},${converted(args[1] as Emitted, type)})`, type };
  }),
  COALESCE: on(2, 254, coalesce),
  NULLIF: on(2, 2, (args) => {
    const { type } = first(args);
    return { sql: `NULLIF(${first(args).sql},${converted(args[1] as Emitted, type)})`, type };
  }),
  ABS: on(1, 1, (args) => ({ ...first(args), constant: undefined, sql: `ABS(${list(args)})` })),
  FLOOR: on(1, 1, (args) => ({ ...first(args), constant: undefined, sql: `FLOOR(${list(args)})` })),
  CEILING: on(1, 1, (args) => ({ ...first(args), constant: undefined, sql: `CEILING(${list(args)})` })),
  ROUND: on(2, 2, (args) => ({ ...first(args), constant: undefined, sql: `ROUND(${list(args)})` })),
  GETDATE: clock({ name: 'datetime' }, true),
  GETUTCDATE: clock({ name: 'datetime' }, false),
  SYSDATETIME: clock({ name: 'datetime2', scale: 7 }, true),
  SYSUTCDATETIME: clock({ name: 'datetime2', scale: 7 }, false),
  YEAR: on(1, 1, (args) => ({ sql: `YEAR(${dateOf(first(args)).sql})`, type: int })),
  MONTH: on(1, 1, (args) => ({ sql: `MONTH(${dateOf(first(args)).sql})`, type: int })),
  DAY: on(1, 1, (args) => ({ sql: `DAYOFMONTH(${dateOf(first(args)).sql})`, type: int })),
  DATEPART: on(2, 2, (args) => ({
    sql: `EXTRACT(${partOf(args)} FROM ${dateOf(args[1] as Emitted).sql})`,
    type: int,
  })),
  DATEADD: on(3, 3, (args) => {
    const { sql, type } = dateOf(args[2] as Emitted);
    return { sql: `DATE_ADD(${sql}, INTERVAL ${(args[1] as Emitted).sql} ${partOf(args)})`, type };
  }),
  DATEDIFF: on(3, 3, dateDiff),
  DB_NAME: known(128, (session) => session.database),
  SCHEMA_NAME: known(128, () => 'dbo'),
  SUSER_SNAME: known(128, (session) => session.user),
  HOST_NAME: known(128, (session) => session.host),
  APP_NAME: known(128, (session) => session.application),
  SERVERPROPERTY: on(1, 1, (args) => {
    const facts: Record<string, string> = {
      productversion: '13.0.4188.0',
      edition: 'Express Edition (stand-in)',
      collation: 'SQL_Latin1_General_CP1_CI_AS',
    };
    const fact = facts[String(first(args).constant).toLowerCase()];
    return { sql: fact === undefined ? 'NULL' : quoteText(fact), type: text(128) };
  }),
};

/** Translates a function call; unknown names are error 195, a wrong number of arguments is error 174. */
export function callSql(name: string, args: Emitted[], session: SessionFacts): Emitted {
  const definition = functions[name];
  if (definition === undefined) throw sqlErrors.notAFunction(name);
  const { least, most } = definition;
  if (args.length < least || args.length > most) {
    throw sqlErrors.wrongArguments(name, least === most ? String(least) : `${least} to ${most}`);
  }
  return definition.build(args, session);
}
