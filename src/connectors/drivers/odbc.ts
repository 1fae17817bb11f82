import { once } from 'node:events';
import { connect } from 'node:net';
import type odbc from 'odbc';
import type { Dialect, Parameter, Patience, Row, SqlDriver, Value } from './driver.js';
import { bind, connectTimeoutMs, defaultLockWaitMs, defaultTimeoutMs, loadDriver } from './driver.js';
import { mysqlSession } from './mysql.js';
import { odbcProblem } from './odbc-problems.js';
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

type Odbc = Pick<typeof odbc, 'connect'>;

/**
 * A driver over ODBC. Pages are fetched whole: cursors are slow or, in one common driver, lose rows. A blocking ODBC
 * call holds one of libuv's threads, so only a few may run at a time in one process.
 */
export function createOdbcDriver(
  options: OdbcOptions,
  load: () => Promise<{ default: Odbc }> = () => import('odbc'),
): SqlDriver {
  const { dialect, place } = options;
  return createDriver<odbc.Connection>({
    dialect,
    losesRows: true,
    place: options.place,
    timeoutMs: options.timeoutMs,
    session: sessionStatements(dialect, options),
    async connect() {
      const { default: api } = await loadDriver('odbc', load, howToInstall);
      if (options.server) await knock(options.server);
      const seconds = Math.ceil(connectTimeoutMs / 1000);
      const { connectionString } = options;
      return api.connect({ connectionString, connectionTimeout: seconds, loginTimeout: seconds });
    },
    start(connection, sql, parameters) {
      const bound: string[] = [];
      const text = bind(sql, parameters, (each) => literal(each, dialect) ?? (bound.push(each.value), '?'));
      const running = bound.length > 0 ? connection.query<Row>(text, bound) : connection.query<Row>(text);
      return {
        rows: running.then(makePlain),
        cancel: () => cancels[dialect] && void connection.cancel().catch(() => {}),
      };
    },
    disconnect: (connection) => connection.close().catch(() => {}),
    // Closing under a running statement is not safe in every driver.
    abandon: (connection, busy) => void busy.then(() => connection.close()).catch(() => {}),
    problem: (error, connected) => odbcProblem(error, place, connected),
    leave: thread,
  });
}

/**
 * Opens and closes a socket. The odbc package holds one lock of the whole process while a driver connects, and its main
 * thread may wait for that lock: a server that is off must be found out before, where waiting stops nobody.
 */
async function knock({ host, port }: { host: string; port: number }): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) });
  } finally {
    socket.destroy();
  }
}

/**
 * Cancelling runs on the main thread. The MySQL and PostgreSQL drivers open a second connection for it, which would stop
 * the whole process while the network is away; there the server itself ends a statement that takes too long. SQLite's
 * driver frees the rows that another thread still fetches, and the process dies of it ("double free or corruption").
 */
const cancels: Record<Dialect, boolean> = {
  sqlanywhere: true,
  tsql: true,
  sqlite: false,
  mysql: false,
  postgresql: false,
};

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
  if (type === 'guid' || type === 'stamp') return `'${value}'`;
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

function makePlain(rows: odbc.Result<Row>): Row[] {
  // A statement without a result, such as SET, has no columns.
  for (const { name, dataType } of rows.columns ?? []) {
    const convert = plainer(dataType);
    if (!convert) continue;
    for (const row of rows) {
      const value = row[name];
      if (value !== null && value !== undefined) row[name] = convert(value);
    }
  }
  return rows;
}

/** ODBC calls may hold at most all but two of libuv's threads, or password hashing and file reads would wait for them. */
const threads = Math.max(1, (Number(process.env.UV_THREADPOOL_SIZE) || 4) - 2);
let held = 0;
const waiting: (() => void)[] = [];

async function thread(signal: AbortSignal): Promise<() => void> {
  if (held >= threads) await new Promise<void>((resolve) => waiting.push(resolve));
  else held += 1;
  let freed = false;
  const free = (): void => {
    if (freed) return;
    freed = true;
    const next = waiting.shift();
    if (next) next();
    else held -= 1;
  };
  if (signal.aborted) {
    free();
    signal.throwIfAborted();
  }
  return free;
}
