import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { createConnection, type Connection as PromiseConnection, type ConnectionOptions } from 'mysql2/promise';
import { Problem } from '../../lib/problem.js';

/**
 * The session settings that our statements rely on, whatever the server's defaults are:
 * - `sql_mode`: values are escaped with backslashes, so under NO_BACKSLASH_ESCAPES a quote in a name would end its
 *   literal; without a strict mode, the server truncates a value that is too long without an error. A server rejects an
 *   unknown mode, so the list contains only modes that both MySQL and MariaDB have.
 * - `NAMES`: a server may ignore the character set that a client names while connecting.
 * - READ COMMITTED: each statement sees the latest committed data, and bulk writers lock no gaps between other
 *   practices' rows. The level needs a statement of its own, because neither server's grammar accepts another variable
 *   after it.
 */
const sessionStatements: readonly string[] = [
  `SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
     time_zone = '+00:00', autocommit = 1, sql_select_limit = 18446744073709551615`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** Applies the settings to a new connection before its first statement; destroys a connection that refuses them. */
export function setSession(connection: Connection): void {
  for (const statement of sessionStatements)
    connection.query(statement, (error) => {
      // Statements that wait for the connection fail with this error. After `destroy()` of mysql2 itself they would
      // wait forever.
      if (error) streamOf(connection)?.destroy(sessionProblem(error));
    });
}

/** Opens a connection outside the pool, with the same settings. */
export async function openConnection(options: ConnectionOptions): Promise<PromiseConnection> {
  const connection = await createConnection(options);
  try {
    for (const statement of sessionStatements) await connection.query(statement);
  } catch (error) {
    connection.destroy();
    throw sessionProblem(error as Error);
  }
  return connection;
}

/** Returns the socket of a mysql2 connection, which its types omit. */
export const streamOf = (connection: unknown): Socket | undefined => (connection as { stream?: Socket }).stream;

function sessionProblem(cause: Error & { code?: string; sqlMessage?: string }): Error {
  if (!cause.code?.startsWith('ER_')) return cause;
  return new Problem({
    code: 'database-session-refused',
    message: `MySQL or MariaDB refused the session settings that pims-sync needs (${cause.sqlMessage ?? cause.code}).`,
    cause,
  });
}
