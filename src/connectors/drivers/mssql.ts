import type { EventEmitter } from 'node:events';
import type sql from 'mssql';
import type { Parameter, Patience, Row, SqlDriver, Value } from './driver.js';
import { bind, connectTimeoutMs, defaultLockWaitMs, defaultTimeoutMs, loadDriver } from './driver.js';
import { mssqlProblem, noTlsCode } from './mssql-problems.js';
import { createDriver } from './session.js';

export interface MssqlOptions extends Patience {
  host: string;
  /** A named instance, looked up at UDP 1434 unless `port` is set. */
  instance?: string | undefined;
  port?: number | undefined;
  database: string;
  user: string;
  password: string;
  /** A Windows domain, which makes the login use NTLM. */
  domain?: string | undefined;
  encrypt: boolean;
  trustServerCertificate: boolean;
  /** PEM text of the authority that signed the server's certificate. */
  certificateAuthority?: string | undefined;
  /** Servers before 2016 may have TLS 1.0 only, which Node refuses by default. */
  oldTls: boolean;
  place: string;
}

type Mssql = typeof sql;

/** Creates a driver for SQL Server over TDS. */
export function createMssqlDriver(
  options: MssqlOptions,
  load: () => Promise<{ default: Mssql }> = () => import('mssql'),
): SqlDriver {
  const before = courtesy(options.lockWaitMs ?? defaultLockWaitMs);
  const loginErrors = new Set<number>();
  let api: Mssql | undefined;
  return createDriver<sql.ConnectionPool>({
    dialect: 'tsql',
    losesRows: false,
    place: options.place,
    timeoutMs: options.timeoutMs,
    session: [],
    async connect() {
      api ??= (await loadDriver('mssql', load, 'Run "npm install mssql" where pims-sync is installed.')).default;
      loginErrors.clear();
      const pool = new api.ConnectionPool(configuration(options, loginErrors));
      // The pool reports idle connections that the server cut; the next query opens a new one anyway.
      pool.on('error', () => {});
      return pool.connect();
    },
    start(pool, text, parameters) {
      const types = api as Mssql;
      const request = pool.request();
      const bound = bind(text, parameters, (each) => {
        const name = `p${Object.keys(request.parameters).length + 1}`;
        request.input(name, typeOf(types, each), each.value);
        return `@${name}`;
      });
      const running = request.query<Row>(before + bound);
      return {
        rows: running.then(({ recordset }) => makePlain(recordset, types)),
        cancel: () => request.cancel(),
      };
    },
    alive: (pool) => pool.connected,
    disconnect: (pool) => pool.close().catch(() => {}),
    abandon: (pool) => void pool.close().catch(() => {}),
    problem: (error, connected) => mssqlProblem(error, options.place, connected, loginErrors),
  });
}

/**
 * Limits the effect on staff: short lock waits, and in a deadlock our statement fails, never theirs. Read committed,
 * the default, holds its locks only for moments. Sent with each query, because the pool may change its connection
 * between two.
 */
const courtesy = (lockWaitMs: number): string => `SET LOCK_TIMEOUT ${lockWaitMs}; SET DEADLOCK_PRIORITY LOW;\n`;

function configuration(options: MssqlOptions, loginErrors: Set<number>): sql.config {
  const { domain, user, password } = options;
  return {
    server: options.host,
    ...(options.port === undefined ? {} : { port: options.port }),
    database: options.database,
    ...(domain === undefined
      ? { user, password }
      : { authentication: { type: 'ntlm' as const, options: { domain, userName: user, password } } }),
    connectionTimeout: connectTimeoutMs,
    // Our own timer ends a statement; this one is only a fallback.
    requestTimeout: (options.timeoutMs ?? defaultTimeoutMs) + 60_000,
    pool: { max: 1, min: 0, idleTimeoutMillis: 60_000 },
    // Checks the socket instead of sending a SELECT 1 before each query.
    validateConnection: 'socket',
    // A wrong database is error 4060, but SQL Server then sends 18456 (login failed), and the failed login reports only
    // the last one. The connection's own event reports the first.
    beforeConnect(connection: TediousConnection) {
      connection.on('errorMessage', (message: { number: number }) => loginErrors.add(message.number));
      if (options.encrypt) loginNeedsTls(connection);
    },
    options: {
      appName: 'pims-sync',
      encrypt: options.encrypt,
      trustServerCertificate: options.trustServerCertificate,
      readOnlyIntent: true,
      ...(options.port === undefined && options.instance !== undefined ? { instanceName: options.instance } : {}),
      // With useUTC the UTC parts of the driver's Date are the stored wall clock, in any time zone of this process.
      useUTC: true,
      enableArithAbort: true,
      ...tls(options),
    },
  };
}

/** Members of tedious's connection, most of which its types omit. */
interface TediousConnection extends EventEmitter {
  sendLogin7Packet(): void;
  messageIo?: { tlsNegotiationComplete?: boolean };
}

/**
 * Sends no login on a connection without TLS. With `encrypt: true`, tedious continues without encryption if the server,
 * or an attacker who changes its answer, claims to have no TLS. If a later tedious renames the members used here, this
 * also refuses to log in.
 */
function loginNeedsTls(connection: TediousConnection): void {
  const send = connection.sendLogin7Packet.bind(connection);
  connection.sendLogin7Packet = () => {
    if (connection.messageIo?.tlsNegotiationComplete !== true)
      throw Object.assign(new Error('The server offers no TLS.'), { code: noTlsCode });
    send();
  };
}

function tls(options: MssqlOptions): { cryptoCredentialsDetails?: Record<string, string> } {
  if (!options.oldTls && options.certificateAuthority === undefined) return {};
  return {
    cryptoCredentialsDetails: {
      ...(options.oldTls ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
      ...(options.certificateAuthority === undefined ? {} : { ca: options.certificateAuthority }),
    },
  };
}

function typeOf(api: Mssql, { type }: Parameter): sql.ISqlType | (() => sql.ISqlType) {
  if (type === 'integer') return api.BigInt;
  return type === 'guid' ? api.UniqueIdentifier : api.NVarChar;
}

/** Converts dates to local text; the driver already returns the other types in the common form. */
function makePlain(rows: sql.IRecordSet<Row> | undefined, api: Mssql): Row[] {
  // A SELECT always has a record set, even if it is empty.
  if (!rows) return [];
  for (const { name, type } of Object.values(rows.columns)) {
    const convert = plainer(type, api);
    if (!convert) continue;
    for (const row of rows) {
      const value = row[name];
      if (value !== null && value !== undefined) row[name] = convert(value);
    }
  }
  return rows;
}

/** Returns the converter of a type. GUIDs need none: tedious returns them in upper case by default. */
function plainer(type: unknown, api: Mssql): ((value: unknown) => Value) | undefined {
  if (type === api.Date) return (value) => stamp(value).slice(0, 10);
  if (type === api.Time) return (value) => stamp(value).slice(11);
  const dates: unknown[] = [api.DateTime, api.DateTime2, api.SmallDateTime, api.DateTimeOffset];
  return dates.includes(type) ? stamp : undefined;
}

const dayMs = 86_400_000;
/** Cache: the same days recur in a practice, and formatting one takes longer than a lookup. */
const midnights = new Map<number, string>();
const mostDays = 50_000;

/** Formats a date as `2020-02-03 10:00:00`, with milliseconds only if there are any. */
function stamp(value: unknown): string {
  const time = value instanceof Date ? value.getTime() : NaN;
  if (Number.isNaN(time)) return String(value);
  const day = Math.floor(time / dayMs);
  if (time !== day * dayMs) return written(time);
  let midnight = midnights.get(day);
  if (midnight === undefined) {
    midnight = written(time);
    if (midnights.size >= mostDays) midnights.clear();
    midnights.set(day, midnight);
  }
  return midnight;
}

const written = (time: number): string =>
  new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');
