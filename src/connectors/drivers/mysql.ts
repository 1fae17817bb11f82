import type mysql from 'mysql2/promise';
import type { Patience, Row, SqlDriver } from './driver.js';
import { bind, connectTimeoutMs, defaultLockWaitMs, loadDriver } from './driver.js';
import { mysqlProblem } from './mysql-problems.js';
import { createDriver } from './session.js';

export interface MysqlOptions extends Patience {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  /** Undefined means no TLS; `verify: false` accepts any certificate. */
  tls?: { verify: boolean; certificateAuthority?: string | undefined } | undefined;
  place: string;
}

type Mysql = Pick<typeof mysql, 'createConnection'>;

/** Creates a driver for MySQL and MariaDB. */
export function createMysqlDriver(
  options: MysqlOptions,
  load: () => Promise<{ default: Mysql }> = () => import('mysql2/promise'),
): SqlDriver {
  return createDriver<mysql.Connection>({
    dialect: 'mysql',
    losesRows: false,
    place: options.place,
    timeoutMs: options.timeoutMs,
    session: ['SET NAMES utf8mb4', ...mysqlSession(options.lockWaitMs ?? defaultLockWaitMs)].map((sql) => ({
      sql,
    })),
    async connect() {
      const { default: api } = await loadDriver(
        'mysql2',
        load,
        'Run "npm install mysql2" where pims-sync is installed.',
      );
      const connection = await api.createConnection(configuration(options));
      // Without a listener, an error between two queries would be an uncaught exception.
      connection.on('error', () => dead.add(connection));
      return connection;
    },
    start(connection, sql, parameters) {
      const values: string[] = [];
      const text = bind(sql, parameters, ({ type, value }) => (type === 'integer' ? value : (values.push(value), '?')));
      // A prepared statement for values, so that no SQL mode changes their quoting.
      const running = values.length > 0 ? connection.execute(text, values) : connection.query(text);
      return {
        rows: running.then(([rows, fields]) => makePlain(rows as Row[], fields)),
        cancel: () => connection.destroy(),
      };
    },
    alive: (connection) => !dead.has(connection),
    disconnect: (connection) => connection.end().catch(() => {}),
    abandon: (connection) => connection.destroy(),
    problem: (error, connected) => mysqlProblem(error, options.place, connected),
  });
}

/**
 * Returns statements that make the session read-only and keep lock waits short, in whole seconds. Overrides the
 * server's modes: with `autocommit` off, for example, one snapshot would last as long as the connection. Keeps the
 * server's time zone, because a PIMS stores the practice's wall clock.
 */
export function mysqlSession(lockWaitMs: number): string[] {
  const seconds = Math.max(1, Math.round(lockWaitMs / 1000));
  return [
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY',
    `SET SESSION sql_mode = '', autocommit = 1, sql_select_limit = 18446744073709551615, lock_wait_timeout = ${seconds}`,
  ];
}

const dead = new WeakSet<mysql.Connection>();

function configuration(options: MysqlOptions): mysql.ConnectionOptions {
  const { host, port, database, user, password, tls } = options;
  return {
    host,
    port,
    database,
    user,
    password,
    connectTimeout: connectTimeoutMs,
    charset: 'utf8mb4',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    multipleStatements: false,
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            rejectUnauthorized: tls.verify,
            // Without this check any public certificate would be valid. A certificate of a configured authority may
            // name no host, as MySQL's own certificate does.
            verifyIdentity: tls.verify && tls.certificateAuthority === undefined,
            ...(tls.certificateAuthority === undefined ? {} : { ca: tls.certificateAuthority }),
          },
        }),
  };
}

/** Number of the type BIT in the protocol's column definitions. */
const bitType = 16;

/** Converts BIT(1) to boolean. A wider one stays bytes, because its meaning is unknown. Other types need no change. */
function makePlain(rows: Row[], fields: mysql.FieldPacket[] | undefined): Row[] {
  // A statement without a result, such as SET, has no fields.
  for (const { name, columnType, type } of fields ?? []) {
    if ((columnType ?? type) !== bitType) continue;
    for (const row of rows) {
      const bytes = row[name];
      if (Buffer.isBuffer(bytes) && bytes.length === 1) row[name] = bytes[0] === 1;
    }
  }
  return rows;
}
