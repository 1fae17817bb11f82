import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Dialect } from './driver.js';

/** How an ODBC source is named: a DSN, a whole connection string, or its parts. */
export const odbcSettings = {
  /** A data source of this machine, as "odbcinst -q -s" lists them. */
  dsn: z.string().min(1).optional(),
  connectionString: z.string().min(1).optional(),
  /** The name that "odbcinst -q -d" lists; for SQL Anywhere it ends in its major version. */
  driver: z.string().min(1).default('SQL Anywhere 17'),
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** SQL Anywhere's name of the database server, where one machine runs several. */
  server: z.string().min(1).optional(),
  database: z.string().min(1).optional(),
  user: z.string().min(1).optional(),
  password: z.string().optional(),
  /** The letters that the driver is asked for; SQL Anywhere converts to them. */
  charset: z.string().min(1).optional(),
  dialect: z.enum(['auto', 'sqlanywhere', 'tsql', 'mysql', 'postgresql', 'sqlite']).default('auto'),
};

export type OdbcSettings = z.output<z.ZodObject<typeof odbcSettings>>;

/** True when exactly one way to name the source is used. */
export function namesOneSource(
  settings: Pick<OdbcSettings, 'dsn' | 'connectionString' | 'host' | 'database'>,
): boolean {
  const { dsn, connectionString, host, database } = settings;
  const parts = host !== undefined || (database !== undefined && dsn === undefined);
  return [dsn !== undefined, connectionString !== undefined, parts].filter(Boolean).length === 1;
}

export const oneSource = 'name the database by one of: dsn, connectionString, or host with database';

/** Which SQL is spoken, by the driver's name; `fallback` for a DSN, whose driver we cannot see. */
export function dialectOf(settings: OdbcSettings, fallback: Dialect): Dialect {
  if (settings.dialect !== 'auto') return settings.dialect;
  const named =
    settings.connectionString === undefined ? settings.driver : (part(settings.connectionString, 'driver') ?? '');
  if (settings.dsn !== undefined || named === '') return fallback;
  if (/sqlite/i.test(named)) return 'sqlite';
  if (/postgres/i.test(named)) return 'postgresql';
  if (/maria|mysql/i.test(named)) return 'mysql';
  if (/sql server|freetds|\btds/i.test(named)) return 'tsql';
  return /anywhere|sybase/i.test(named) ? 'sqlanywhere' : fallback;
}

/** The whole connection string, with credentials. Handed to the driver manager only. */
export function connectionString(
  settings: OdbcSettings,
  dialect: Dialect,
  { baseDir, lockWaitMs }: { baseDir: string; lockWaitMs: number },
): string {
  const local = (text: string): string => (dialect === 'sqlite' ? localFile(text, baseDir, lockWaitMs) : text);
  if (settings.connectionString !== undefined) return local(settings.connectionString);
  const { dsn, driver, host, port, server, database, user, password, charset } = settings;
  const anywhere = dialect === 'sqlanywhere';
  const entries: [string, string | number | undefined][] = [
    ['DSN', dsn],
    ['Driver', dsn === undefined ? driver : undefined],
    ...(anywhere
      ? ([
          ['Host', host === undefined ? undefined : `${host}:${port ?? 2638}`],
          ['ServerName', server],
          ['DatabaseName', database],
          ['CharSet', charset ?? 'UTF-8'],
        ] as [string, string | undefined][])
      : ([
          ['Server', host === undefined ? undefined : dialect === 'tsql' && server ? `${host}\\${server}` : host],
          ['Port', port],
          ['Database', database],
          ['Charset', charset ?? (dialect === 'mysql' ? 'utf8mb4' : undefined)],
        ] as [string, string | number | undefined][])),
    ['UID', user],
    ['PWD', password],
  ];
  const text = entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escape(String(value), name)}`)
    .join(';');
  return local(text);
}

/** Where the server listens, if the settings tell; a list of servers or a named instance is left to the driver. */
export function serverOf(settings: OdbcSettings, dialect: Dialect): { host: string; port: number } | undefined {
  const { connectionString: text } = settings;
  const usual = { sqlanywhere: 2638, mysql: 3306, postgresql: 5432, tsql: 1433, sqlite: undefined }[dialect];
  // The `Server` of SQL Anywhere is the name of a database server, not of a machine.
  const machine = dialect === 'sqlanywhere' ? ['host'] : ['host', 'server'];
  const named = text === undefined ? settings.host : machine.map((name) => part(text, name)).find((found) => found);
  const match = /^([\w.-]+)(?::(\d+))?$/.exec(named ?? '');
  if (usual === undefined || !match?.[1] || (text === undefined && dialect === 'tsql' && settings.server))
    return undefined;
  const port = match[2] ?? (text === undefined ? settings.port : part(text, 'port')) ?? usual;
  return { host: match[1], port: Number(port) };
}

/** Names the source for people: never the user, the password or the string itself. */
export function placeOf(settings: OdbcSettings): string {
  if (settings.dsn !== undefined) return `ODBC data source ${settings.dsn}`;
  const { connectionString: text } = settings;
  const find = (...names: string[]): string | undefined =>
    text === undefined ? undefined : names.map((name) => part(text, name)).find((value) => value !== undefined);
  const driver = text === undefined ? settings.driver : (find('driver') ?? find('dsn'));
  const host = settings.host ?? find('host', 'server', 'commlinks');
  const database = settings.database ?? find('databasename', 'database', 'dbn', 'dbf');
  const words = [driver && `ODBC driver ${driver}`, host && `server ${host}`, database && `database ${database}`];
  return words.filter(Boolean).join(', ') || 'ODBC';
}

/** A value of a connection string by its name: `Driver={SQL Anywhere 17}` -> `SQL Anywhere 17`. */
export function part(text: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*(\\{(?:[^}]|\\}\\})*\\}|[^;]*)`, 'i').exec(text);
  return match?.[1]?.replace(/^\{|\}$/g, '').trim();
}

/** Braces round what else would end the value; a driver's name is always in them. */
function escape(value: string, name: string): string {
  const special = /[[\]{}(),;?*=!@]|^\s|\s$/.test(value);
  return name === 'Driver' || (special && name !== 'Host') ? `{${value.replaceAll('}', '}}')}}` : value;
}

/**
 * SQLite's file is found from the folder of the configuration, like every other path in it, and its driver is told not
 * to wait its usual 100 seconds for a lock.
 */
function localFile(text: string, baseDir: string, lockWaitMs: number): string {
  const file = part(text, 'database') ?? '';
  const waits = part(text, 'timeout') === undefined ? `${text};Timeout=${lockWaitMs}` : text;
  if (file === '' || isAbsolute(file)) return waits;
  return waits.replace(
    /((?:^|;)\s*database\s*=\s*)[^;]*/i,
    (_all, before: string) => `${before}${resolve(baseDir, file)}`,
  );
}
