import { once } from 'node:events';
import { connect } from 'node:net';
import type { Dialect, Parameter, Patience, Row, SqlDriver, Value } from './driver.js';
import { bind, connectTimeoutMs, defaultLockWaitMs, defaultTimeoutMs, loadDriver } from './driver.js';
import { mysqlSession } from './mysql.js';
import { odbcProblem } from './odbc-problems.js';
import { startOdbcProcess, type OdbcColumn, type OdbcProcess } from './odbc-process.js';
import { createDriver } from './session.js';

export interface OdbcOptions extends Patience {
  /** Contains the credentials; goes to the driver manager and is never shown. */
  connectionString: string;
  dialect: Dialect;
  /** Name of the database in problems; holds no credentials. */
  place: string;
  /** Address to test with a socket before the driver connects. */
  server?: { host: string; port: number } | undefined;
}

/**
 * Creates a driver over ODBC with the connection in a separate process. Fetches pages as a whole, because cursors are
 * slow or, in one common driver, lose rows.
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
      // Sends no cancel to the server: some drivers crash or hang then. The end of the process closes the connection.
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

/** Opens and closes a socket, which detects an absent server faster and more clearly than most drivers do. */
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
  'Run "npm install odbc" (or "npm rebuild odbc") where pims-sync is installed. This compiles it, which needs a C++ compiler, make, python3 and unixodbc-dev.';

/** Returns statements that make the session read-only, if the engine supports it, and keep lock waits short. */
function sessionStatements(
  dialect: Dialect,
  { lockWaitMs = defaultLockWaitMs, timeoutMs = defaultTimeoutMs }: Patience,
): { sql: string; courtesy?: boolean }[] {
  const seconds = Math.ceil(timeoutMs / 1000);
  switch (dialect) {
    case 'sqlanywhere':
      // A login may lack the right to set options; our own timer is the fallback.
      return [
        { sql: `SET TEMPORARY OPTION blocking_timeout = '${lockWaitMs}'`, courtesy: true },
        { sql: `SET TEMPORARY OPTION request_timeout = '${seconds}'`, courtesy: true },
      ];
    case 'tsql':
      return [{ sql: `SET LOCK_TIMEOUT ${lockWaitMs}` }, { sql: 'SET DEADLOCK_PRIORITY LOW' }];
    case 'mysql':
      return [
        ...mysqlSession(lockWaitMs).map((sql) => ({ sql })),
        // MariaDB's name of the option, then MySQL's.
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
 * Returns a value as a literal; undefined if it must be bound. Values of a checked form are literals, because some
 * drivers (FreeTDS) cannot bind and others truncate a bound big integer. Free text is bound, except in T-SQL, where
 * doubling the quote is sufficient.
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
  // Most drivers return the text '1', MariaDB's driver the character U+0001.
  if (dataType === bit) return (value) => value === true || ['1', '\u0001'].includes(String(value));
  if (dataType === guid) return (value) => String(value).toUpperCase();
  if (binary.includes(dataType))
    return (value) => (value instanceof ArrayBuffer ? Buffer.from(value) : (value as Value));
  return undefined;
}

/** Builds the rows of a result in the common form. Copying rows from one template takes a third of the time. */
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
