import { CompiledQuery, Kysely, MysqlDialect, type Transaction } from 'kysely';
import { createPool, format, type Pool } from 'mysql2';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { checkValue, insertStatements, executeSequentially } from './bulk.js';
import { setSession, streamOf } from './session.js';
import type { NewRow, Tables } from './tables.js';

export type Database = Kysely<Tables>;
export type DatabaseTransaction = Transaction<Tables>;

/**
 * Opens a pool on MySQL or MariaDB. Connects lazily: call `ping` to know that it is there.
 *
 * @param url `mysql://user:password@host:port/database`, the `DATABASE_URL`
 * @param readTimeoutSeconds a connection in use over which nothing comes or goes for so long is given up; 0 never
 */
export function openDatabase(url: Secret, connections = 10, readTimeoutSeconds = 0): Database {
  const pool = createPool({
    uri: url.open(),
    connectionLimit: connections,
    charset: 'utf8mb4',
    timezone: 'Z',
    dateStrings: ['DATE'],
    decimalNumbers: true,
    connectTimeout: 10_000,
    queryFormat: withValues,
    // Callers write dates as Date or ISO text; "YYYY-MM-DD" stays text so that no time zone can move a birthday.
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
  });
  if (readTimeoutSeconds > 0) giveUpSilent(pool, readTimeoutSeconds * 1000);
  pool.on('connection', setSession);
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
}

/** A statement in bulk holds its values already; mysql2 would still look for placeholders in each of its characters. */
function withValues(statement: string, values: Parameters<typeof format>[1]): string {
  if (values === undefined) return statement;
  if (!Array.isArray(values)) throw new TypeError('The values of a statement are not in an array.');
  if (values.length === 0) return statement;
  values.forEach(checkValue);
  return format(statement, values, true, 'Z');
}

/**
 * A server that is cut off in the middle of a statement says nothing for ever; so a connection that is in use and silent
 * is broken here, and what waits for it fails as after a lost connection. One that waits in the pool may be silent.
 */
function giveUpSilent(pool: Pool, afterMs: number): void {
  pool.on('connection', (connection) => {
    const stream = streamOf(connection);
    stream?.on('timeout', () =>
      stream.destroy(
        Object.assign(new Error(`The database said nothing for ${afterMs / 1000} seconds.`), {
          code: 'ETIMEDOUT',
        }),
      ),
    );
    stream?.setTimeout(afterMs);
  });
  pool.on('acquire', (connection) => void streamOf(connection)?.setTimeout(afterMs));
  pool.on('release', (connection) => void streamOf(connection)?.setTimeout(0));
}

/** @throws Problem `database-unreachable`, `database-login-refused`, `database-missing` */
export async function ping(db: Database): Promise<void> {
  try {
    await db.executeQuery(CompiledQuery.raw('SELECT 1'));
  } catch (error) {
    throw databaseProblem(error);
  }
}

/** Turns a driver's connection error into one sentence with the next step; other errors are returned as they are. */
export function databaseProblem(error: unknown): unknown {
  const { code, sqlMessage } = error as { code?: string; sqlMessage?: string };
  const problem = (name: string, message: string, help: string) =>
    new Problem({ code: name, message, help, cause: error });
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
    case 'ENOENT':
    case 'EHOSTUNREACH':
    case 'PROTOCOL_CONNECTION_LOST':
      return problem(
        'database-unreachable',
        `No MySQL or MariaDB answers at the host and port of DATABASE_URL (${code}).`,
        'Start it, or correct the host and port in DATABASE_URL.',
      );
    // MySQL and MariaDB with read_only, and InnoDB's own.
    case 'ER_OPTION_PREVENTS_STATEMENT':
    case 'ER_READ_ONLY_MODE':
      return problem(
        'database-read-only',
        `MySQL or MariaDB takes no changes at the moment (${code}).`,
        'Let DATABASE_URL name the primary, and see that its read_only is off.',
      );
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_DBACCESS_DENIED_ERROR':
      return problem(
        'database-login-refused',
        'MySQL or MariaDB refused the user or password of DATABASE_URL.',
        'Correct them, or grant the user rights on the database.',
      );
    case 'ER_BAD_DB_ERROR':
      return problem(
        'database-missing',
        `The database named in DATABASE_URL does not exist (${sqlMessage ?? code}).`,
        `Create it: CREATE DATABASE ${missingName(sqlMessage)} CHARACTER SET utf8mb4;`,
      );
    case 'HANDSHAKE_NO_SSL_SUPPORT':
      return problem(
        'database-no-tls',
        'DATABASE_URL asks for TLS (ssl), and its server offers none. No password was sent.',
        'Turn on TLS at the server, or, on a network you trust, take ssl out of DATABASE_URL.',
      );
    case 'ER_NO_SUCH_TABLE':
      return problem('database-not-migrated', `A table is missing (${sqlMessage ?? code}).`, 'Run: pims-sync migrate');
    default:
      return error;
  }
}

/** The server says "Unknown database 'name'"; a name out of the ordinary stands in backticks. */
function missingName(sqlMessage = ''): string {
  const name = /'(.+)'/.exec(sqlMessage)?.[1] ?? 'pims_sync';
  return /^\w+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** What passes by itself when the transaction is tried again. */
const passing = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'];
const mostTries = 12;

/**
 * Runs `work` in a transaction, again when the database chose it as a deadlock's victim or a lock wait ran out; so
 * `work` must do nothing but talk to the database.
 *
 * @param alsoPassing further error codes that mean "somebody was quicker": `work` reads again and decides again
 */
export async function inTransaction<T>(
  db: Database,
  work: (trx: DatabaseTransaction) => Promise<T>,
  alsoPassing: readonly string[] = [],
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (![...passing, ...alsoPassing].includes(code) || attempt === mostTries) throw error;
      // Two that met once would meet again if they waited equally long.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 1.5 ** attempt));
    }
  }
}

/**
 * Inserts many rows in few statements.
 *
 * @param tail what follows VALUES, such as an ON DUPLICATE KEY clause; only ever our own text
 */
export async function insertMany<T extends keyof Tables>(
  db: Database | DatabaseTransaction,
  table: T,
  rows: readonly NewRow<T>[],
  tail = '',
): Promise<void> {
  await executeSequentially(db, insertStatements(table, rows, tail));
}
