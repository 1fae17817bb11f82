import { createConnection, type Connection } from 'mysql2';
import { sqlErrors, type SqlError } from './sql-error.js';

export type RawRow = (Buffer | null)[];
type OnRow = (row: RawRow) => Promise<void> | undefined;

/** The MariaDB session behind one TDS session. It is read-only and returns the bytes that MariaDB sent. */
export interface Backing {
  /** Returns all rows as texts. */
  query(sql: string): Promise<(string | null)[][]>;
  /**
   * Passes rows to `onRow` one by one. If `onRow` returns a promise, reading from MariaDB pauses until it resolves.
   * An abort closes the MariaDB connection, the only reliable way to stop a query; the next call opens another.
   */
  stream(sql: string, onRow: OnRow, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** In SQL Server, CHAR is padded, texts have no backslash escapes, and GROUP BY is strict. */
const settings = `SET NAMES utf8mb4, autocommit = 1, sql_mode = 'ONLY_FULL_GROUP_BY,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH',
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

  function run(on: Connection, sql: string, onRow?: OnRow): Promise<void> {
    return new Promise((resolve, reject) => {
      const query = on.query({ sql, rowsAsArray: true, typeCast: false });
      query.on('result', (row) => {
        const wait = Array.isArray(row) ? onRow?.(row) : undefined;
        if (wait === undefined) return;
        on.pause();
        wait.then(() => on.resume(), reject);
      });
      query.on('error', (error: Error & { errno?: number }) => reject(translated(error)));
      query.on('end', () => resolve());
    });
  }

  return {
    async query(sql) {
      const rows: (string | null)[][] = [];
      await run(await connected(), sql, (row) => void rows.push(row.map((value) => value?.toString() ?? null)));
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
  const name = /'([^']*)'/.exec(error.message)?.[1]?.split('.').at(-1) ?? '';
  const counterparts: Record<number, SqlError> = {
    1054: sqlErrors.column(name),
    1055: sqlErrors.notGrouped(error.message),
    1064: sqlErrors.syntax(/near '(\S*)/.exec(error.message)?.[1] ?? ''),
    1140: sqlErrors.notGrouped(error.message),
    1146: sqlErrors.object(name),
    1205: sqlErrors.lockTimeout(),
  };
  return error.errno === undefined ? error : (counterparts[error.errno] ?? sqlErrors.severe(error.message));
}
