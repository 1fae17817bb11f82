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
  /** Undefined: no TLS. `verify: false` accepts any certificate. */
  tls?: { verify: boolean; certificateAuthority?: string | undefined } | undefined;
  place: string;
}

type Mysql = Pick<typeof mysql, 'createConnection'>;

/** A driver for MySQL and MariaDB. */
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
      // An error between two queries would else be thrown at no one.
      connection.on('error', () => dead.add(connection));
      return connection;
    },
    start(connection, sql, parameters) {
      const values: string[] = [];
      const text = bind(sql, parameters, ({ type, value }) => (type === 'integer' ? value : (values.push(value), '?')));
      // A prepared statement where there are values, so that no SQL mode changes how they are quoted.
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
 * Read-only, and never long in the way of staff. MySQL counts in whole seconds. The modes are ours whatever the server's
 * are: with `autocommit` off, for example, one snapshot would last as long as the connection. The time zone stays the
 * server's own, because a PIMS keeps the practice's wall clock.
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
            // Any public certificate would do otherwise. One that a named authority signed may name no host: MySQL's own does not.
            verifyIdentity: tls.verify && tls.certificateAuthority === undefined,
            ...(tls.certificateAuthority === undefined ? {} : { ca: tls.certificateAuthority }),
          },
        }),
  };
}

/** The number of the type BIT in the protocol's column definitions. */
const bitType = 16;

/** BIT(1) is a boolean; a wider one stays bytes, for nothing says what it means. The driver makes the rest plain. */
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
