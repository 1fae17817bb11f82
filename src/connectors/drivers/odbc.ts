import { once } from 'node:events';
import { connect } from 'node:net';
import type { Dialect, Parameter, Patience, Row, SqlDriver, Value } from './driver.js';
import { bind, connectTimeoutMs, defaultLockWaitMs, defaultTimeoutMs, loadDriver } from './driver.js';
import { mysqlSession } from './mysql.js';
import { odbcProblem } from './odbc-problems.js';
import { startOdbcProcess, type OdbcColumn, type OdbcProcess } from './odbc-process.js';
import { createDriver } from './session.js';

export interface OdbcOptions extends Patience {
  /** Whole, with credentials; it is handed to the driver manager and never shown. */
  connectionString: string;
  dialect: Dialect;
  /** How the place is named in problems: no credentials. */
  place: string;
  /** Asked first whether anybody answers there. */
  server?: { host: string; port: number } | undefined;
}

/**
 * A driver over ODBC, whose connection lives in a process of its own. Pages are fetched whole: cursors are slow or, in
 * one common driver, lose rows.
 */
export function createOdbcDriver(
  options: OdbcOptions,
  start: () => Promise<OdbcProcess> = startOdbcProcess,
): SqlDriver {
  const { connectionString, dialect, place } = options;
  return createDriver<OdbcProcess>({
    dialect,
    losesRows: true,
    place,
    timeoutMs: options.timeoutMs,
    session: sessionStatements(dialect, options),
    async connect(signal) {
      if (options.server) await knock(options.server, signal);
      const connection = await loadDriver('odbc', start, howToInstall);
      const seconds = Math.ceil(connectTimeoutMs / 1000);
      signal.addEventListener('abort', () => connection.kill());
      if (signal.aborted) connection.kill();
      try {
        await connection.connect({ connectionString, connectionTimeout: seconds, loginTimeout: seconds });
      } catch (error) {
        connection.kill();
        throw error;
      }
      return connection;
    },
    start(connection, sql, parameters) {
      const values: string[] = [];
      const text = bind(sql, parameters, (each) => literal(each, dialect) ?? (values.push(each.value), '?'));
      // No word to the server: some drivers crash or wait when they cancel. The end of the process closes the line.
      return { rows: connection.query(text, values).then(rowsOf), cancel: () => connection.kill() };
    },
    alive: (connection) => connection.alive,
    async disconnect(connection) {
      await connection.close().catch(() => {});
      connection.kill();
    },
    abandon: (connection) => connection.kill(),
    problem: (error, connected) => odbcProblem(error, place, connected),
  });
}

/** Opens and closes a socket, which tells a server that is off sooner and more clearly than most drivers do. */
async function knock({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', {
      signal: AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]),
    });
  } finally {
    socket.destroy();
  }
}

const howToInstall =
  'Run "npm install odbc" (or "npm rebuild odbc") where pims-sync is installed. It is compiled then and needs a C++ compiler, make, python3 and unixodbc-dev.';

/** Read-only where the engine offers it, and never in the way of staff: waiting for a lock is short. */
function sessionStatements(
  dialect: Dialect,
  { lockWaitMs = defaultLockWaitMs, timeoutMs = defaultTimeoutMs }: Patience,
): { sql: string; courtesy?: boolean }[] {
  const seconds = Math.ceil(timeoutMs / 1000);
  switch (dialect) {
    case 'sqlanywhere':
      // A login may be kept from setting options; our own timer is behind these.
      return [
        { sql: `SET TEMPORARY OPTION blocking_timeout = '${lockWaitMs}'`, courtesy: true },
        { sql: `SET TEMPORARY OPTION request_timeout = '${seconds}'`, courtesy: true },
      ];
    case 'tsql':
      return [{ sql: `SET LOCK_TIMEOUT ${lockWaitMs}` }, { sql: 'SET DEADLOCK_PRIORITY LOW' }];
    case 'mysql':
      return [
        ...mysqlSession(lockWaitMs).map((sql) => ({ sql })),
        // MariaDB's name for it, then MySQL's.
        { sql: `SET SESSION max_statement_time = ${seconds}`, courtesy: true },
        { sql: `SET SESSION max_execution_time = ${timeoutMs}`, courtesy: true },
      ];
    case 'postgresql':
      return [
        { sql: 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY' },
        { sql: `SET lock_timeout = ${lockWaitMs}` },
        { sql: `SET statement_timeout = ${timeoutMs}` },
      ];
    case 'sqlite':
      return [{ sql: 'PRAGMA query_only = ON' }, { sql: `PRAGMA busy_timeout = ${lockWaitMs}` }];
  }
}

/**
 * Values of a checked form stand in the SQL itself: some drivers (FreeTDS) cannot bind anything, others shorten a big
 * integer that is bound. Only free text is bound, but in T-SQL, where doubling the quote is all that quoting takes.
 */
function literal({ type, value }: Parameter, dialect: Dialect): string | undefined {
  if (type === 'integer') return value;
  if (type === 'guid') return `'${value}'`;
  return dialect === 'tsql' ? `N'${value.replaceAll("'", "''")}'` : undefined;
}

const bigint = -5;
const bit = -7;
const guid = -11;
const binary = [-2, -3, -4];

function plainer(dataType: number): ((value: unknown) => Value) | undefined {
  if (dataType === bigint) return (value) => String(value);
  // Most drivers give the text '1', MariaDB's the character 1.
  if (dataType === bit) return (value) => value === true || ['1', '\u0001'].includes(String(value));
  if (dataType === guid) return (value) => String(value).toUpperCase();
  if (binary.includes(dataType))
    return (value) => (value instanceof ArrayBuffer ? Buffer.from(value) : (value as Value));
  return undefined;
}

/** Builds the rows of a result, with plain values. Rows copied from one template are built in a third of the time. */
function rowsOf(columns: OdbcColumn[]): Row[] {
  const template: Row = Object.fromEntries(columns.map(({ name }) => [name, null]));
  const rows = Array.from({ length: columns[0]?.values.length ?? 0 }, (): Row => ({ ...template }));
  for (const { name, dataType, values } of columns) {
    const convert = plainer(dataType);
    for (let at = 0; at < rows.length; at += 1) {
      const value = values[at] as Value;
      (rows[at] as Row)[name] = convert && value !== null && value !== undefined ? convert(value) : value;
    }
  }
  return rows;
}
