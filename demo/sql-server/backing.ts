import { createConnection } from 'mysql2';
import type { Connection } from 'mysql2';
import { SqlError, sqlErrors } from './sql-error.js';

export type RawRow = (Buffer | null)[];

/** The MariaDB session behind one TDS session. It is read-only and returns the bytes that MariaDB sent. */
export interface Backing {
  ask(sql: string): Promise<(string | null)[][]>;
  /**
   * Passes rows to `onRow` one by one. If `onRow` returns a promise, reading from MariaDB pauses until it resolves.
   * An abort closes the MariaDB connection, the only reliable way to stop a query; the next call opens another.
   */
  stream(sql: string, onRow: (row: RawRow) => Promise<void> | undefined, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** In SQL Server, CHAR is padded, texts have no backslash escapes, and GROUP BY is strict. */
const settings = `SET NAMES utf8mb4, autocommit = 1, sql_mode = 'ONLY_FULL_GROUP_BY,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE',
  time_zone = '+00:00'`;

export function createBacking(mysqlUrl: string, database: string): Backing {
  let connection: Connection | null = null;

  async function connected(): Promise<Connection> {
    if (connection !== null) return connection;
    const opened = createConnection({ uri: mysqlUrl, database, charset: 'utf8mb4', enableKeepAlive: false });
    // Without a listener, a connection closed by MariaDB would end the process.
    opened.on('error', () => (connection = null));
    connection = opened;
    await run(opened, settings);
    await run(opened, 'SET SESSION TRANSACTION READ ONLY');
    return opened;
  }

  function run(on: Connection, sql: string, onRow?: (row: RawRow) => Promise<void> | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const query = on.query({ sql, rowsAsArray: true, typeCast: false });
      query.on('result', (row) => {
        if (!Array.isArray(row)) return;
        const wait = onRow?.(row);
        if (wait === undefined) return;
        on.pause();
        wait.then(() => on.resume(), reject);
      });
      query.on('error', (error: Error & { errno?: number }) => reject(translated(error)));
      query.on('end', () => resolve());
    });
  }

  return {
    async ask(sql) {
      const rows: (string | null)[][] = [];
      const collect = (row: RawRow): undefined =>
        void rows.push(row.map((value) => (value === null ? null : value.toString())));
      await run(await connected(), sql, collect);
      return rows;
    },
    async stream(sql, onRow, signal) {
      const on = await connected();
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => {
          on.destroy();
          connection = null;
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', abort, { once: true });
        // Rows read before the abort may still arrive; they are discarded.
        run(on, sql, (row) => (signal.aborted ? undefined : onRow(row)))
          .finally(() => signal.removeEventListener('abort', abort))
          .then(resolve, reject);
      });
    },
    close() {
      connection?.destroy();
      connection = null;
    },
  };
}

/** Translates MariaDB errors that have a counterpart; any other error is a bug of the stand-in and says so. */
function translated(error: Error & { errno?: number }): Error {
  switch (error.errno) {
    case 1054:
      return sqlErrors.column(/'([^']*)'/.exec(error.message)?.[1]?.split('.').at(-1) ?? '');
    case 1146:
      return sqlErrors.object(/'([^']*)'/.exec(error.message)?.[1]?.split('.').at(-1) ?? '');
    case 1055:
    case 1140:
      return sqlErrors.notGrouped(error.message);
    case 1111:
      return new SqlError(
        147,
        'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.',
        15,
      );
    case 1205:
      return sqlErrors.lockTimeout();
    case 1242:
      return new SqlError(
        512,
        'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
      );
    default:
      return error.errno === undefined ? error : sqlErrors.severe(error.message);
  }
}
