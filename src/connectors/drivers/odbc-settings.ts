import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import type { Dialect } from './driver.js';

/** Settings of an ODBC source: a DSN, a whole connection string, or its parts. */
export const odbcSettings = {
  /** A data source of this machine; "odbcinst -q -s" lists them. */
  dsn: z.string().min(1).optional(),
  connectionString: z.string().min(1).optional(),
  /** Name of the driver; "odbcinst -q -d" lists them. For SQL Anywhere it ends in the major version. */
  driver: z.string().min(1).default('SQL Anywhere 17'),
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  /** SQL Anywhere's name of the database server, for a machine that runs several. */
  server: z.string().min(1).optional(),
  database: z.string().min(1).optional(),
  user: z.string().min(1).optional(),
  password: z.string().optional(),
  /** Character set that the driver requests; SQL Anywhere converts text to it. */
  charset: z.string().min(1).optional(),
  dialect: z.enum(['auto', 'sqlanywhere', 'tsql', 'mysql', 'postgresql', 'sqlite']).default('auto'),
};

export type OdbcSettings = z.output<z.ZodObject<typeof odbcSettings>>;

/** Returns whether the settings name the source in exactly one way. */
export function namesOneSource(
  settings: Pick<OdbcSettings, 'dsn' | 'connectionString' | 'host' | 'database'>,
): boolean {
  const { dsn, connectionString, host, database } = settings;
  const parts = host !== undefined || (database !== undefined && dsn === undefined);
  return [dsn !== undefined, connectionString !== undefined, parts].filter(Boolean).length === 1;
}

export const oneSource = 'name the database by one of: dsn, connectionString, or host with database';

/** Derives the SQL dialect from the driver's name; `fallback` for a DSN, whose driver is unknown. */
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

/** Builds the whole connection string with credentials. Pass it only to the driver manager. */
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

/** Returns the server's address. Undefined if unknown, for a list of servers and for a named instance. */
export function serverOf(settings: OdbcSettings, dialect: Dialect): { host: string; port: number } | undefined {
  const { connectionString: text } = settings;
  const usual = { sqlanywhere: 2638, mysql: 3306, postgresql: 5432, tsql: 1433, sqlite: undefined }[dialect];
  // SQL Anywhere's `Server` names a database server, not a machine.
  const machine = dialect === 'sqlanywhere' ? ['host'] : ['host', 'server'];
  const named = text === undefined ? settings.host : machine.map((name) => part(text, name)).find((found) => found);
  const match = /^([\w.-]+)(?::(\d+))?$/.exec(named ?? '');
  if (usual === undefined || !match?.[1] || (text === undefined && dialect === 'tsql' && settings.server))
    return undefined;
  const port = match[2] ?? (text === undefined ? settings.port : part(text, 'port')) ?? usual;
  return { host: match[1], port: Number(port) };
}

/** Names the source for people, without the user, the password or the connection string. */
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

/** Returns a value of a connection string by its name: `Driver={SQL Anywhere 17}` -> `SQL Anywhere 17`. */
export function part(text: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*(\\{(?:[^}]|\\}\\})*\\}|[^;]*)`, 'i').exec(text);
  return match?.[1]?.replace(/^\{|\}$/g, '').trim();
}

/** Encloses a value in braces if a character could end it; a driver's name always has them. */
function escape(value: string, name: string): string {
  const special = /[[\]{}(),;?*=!@]|^\s|\s$/.test(value);
  return name === 'Driver' || (special && name !== 'Host') ? `{${value.replaceAll('}', '}}')}}` : value;
}

/**
 * Makes SQLite's file relative to the configuration's folder, like every other path, and sets a lock timeout in place
 * of the driver's default of 100 seconds.
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
