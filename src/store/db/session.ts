import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { createConnection, type Connection as PromiseConnection, type ConnectionOptions } from 'mysql2/promise';
import { Problem } from '../../lib/problem.js';

/**
 * The modes that our statements rest on, whatever the server's own are:
 * - `sql_mode`: values are escaped with backslashes, so under NO_BACKSLASH_ESCAPES a quote in a name would end its
 *   literal; without a strict mode, a value that is too long is cut without an error. A server that lacks a mode refuses
 *   its name, so only those that MySQL and MariaDB both keep are named.
 * - `NAMES`: a server may ignore the character set that a client names while connecting.
 * - READ COMMITTED: each statement sees what is committed, and bulk writers lock no gaps between other practices' rows.
 *   The level needs a statement of its own: after it, neither server's grammar takes another variable.
 */
export const sessionStatements: readonly string[] = [
  `SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
     time_zone = '+00:00', autocommit = 1, sql_select_limit = 18446744073709551615`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** Sets the modes on a new connection before its first statement; a connection that refuses them is broken off. */
export function setSession(connection: Connection): void {
  for (const statement of sessionStatements)
    connection.query(statement, (error) => {
      // What waits for the connection fails with this. After `destroy()` of mysql2 itself it would wait forever.
      if (error) streamOf(connection)?.destroy(sessionProblem(error));
    });
}

/** Opens a connection outside the pool, with the same modes. */
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

/** The socket of a mysql2 connection, which its types leave out. */
export const streamOf = (connection: unknown): Socket | undefined => (connection as { stream?: Socket }).stream;

function sessionProblem(cause: Error & { code?: string; sqlMessage?: string }): Error {
  if (!cause.code?.startsWith('ER_')) return cause;
  return new Problem({
    code: 'database-session-refused',
    message: `MySQL or MariaDB refused the session settings that pims-sync needs (${cause.sqlMessage ?? cause.code}).`,
    help: 'Connect to MySQL or MariaDB directly, or through a proxy that passes SET statements on.',
    cause,
  });
}
