import { CompiledQuery, Kysely, MysqlDialect, type Transaction } from 'kysely';
import { createPool, format, type Pool } from 'mysql2';
import { Problem, type ErrorCode } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { checkValue, insertStatements, executeSequentially } from './bulk.js';
import { setSession, streamOf } from './session.js';
import type { NewRow, Tables } from './tables.js';

export type Database = Kysely<Tables>;
export type DatabaseTransaction = Transaction<Tables>;

/**
 * Opens a pool on MySQL or MariaDB. Connects lazily: call `ping` to check that the server answers.
 *
 * @param url `mysql://user:password@host:port/database`, the `DATABASE_URL`
 * @param readTimeoutSeconds breaks a connection in use that is silent for this long; 0 disables it
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
    // Callers write dates as Date or ISO text. "YYYY-MM-DD" stays text so that no time zone can shift a birthday.
    enableKeepAlive: true,
    keepAliveInitialDelay: 10_000,
  });
  if (readTimeoutSeconds > 0) giveUpSilent(pool, readTimeoutSeconds * 1000);
  pool.on('connection', setSession);
  return new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) });
}

/**
 * Skips mysql2's placeholder search, which checks every character, for bulk statements: they already contain their
 * values.
 */
function withValues(statement: string, values: Parameters<typeof format>[1]): string {
  if (values === undefined) return statement;
  if (!Array.isArray(values)) throw new TypeError('The values of a statement are not in an array.');
  if (values.length === 0) return statement;
  values.forEach(checkValue);
  return format(statement, values, true, 'Z');
}

/**
 * Destroys connections that are in use and silent for too long, because a server that is cut off in the middle of a
 * statement never answers. Pending statements then fail as after a lost connection. Idle connections in the pool may be
 * silent.
 */
function giveUpSilent(pool: Pool, afterMs: number): void {
  pool.on('connection', (connection) => {
    const stream = streamOf(connection);
    stream?.on('timeout', () =>
      stream.destroy(
        Object.assign(new Error(`The database sent nothing for ${afterMs / 1000} seconds.`), {
          code: 'ETIMEDOUT',
        }),
      ),
    );
    stream?.setTimeout(afterMs);
  });
  pool.on('acquire', (connection) => void streamOf(connection)?.setTimeout(afterMs));
  pool.on('release', (connection) => void streamOf(connection)?.setTimeout(0));
}

/**
 * Checks that the database answers. @throws Problem `database-unreachable`, `database-login-refused`,
 * `database-missing`
 */
export async function ping(db: Database): Promise<void> {
  try {
    await db.executeQuery(CompiledQuery.raw('SELECT 1'));
  } catch (error) {
    throw databaseProblem(error);
  }
}

/** Turns a driver's connection error into a Problem with the next step; returns other errors unchanged. */
export function databaseProblem(error: unknown): unknown {
  const { code, sqlMessage } = error as { code?: string; sqlMessage?: string };
  const problem = (name: ErrorCode, message: string, help?: string) =>
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
      );
    // The first code comes from MySQL and MariaDB with read_only, the second from InnoDB.
    case 'ER_OPTION_PREVENTS_STATEMENT':
    case 'ER_READ_ONLY_MODE':
      return problem('database-read-only', `MySQL or MariaDB accepts no changes at the moment (${code}).`);
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_DBACCESS_DENIED_ERROR':
      return problem('database-login-refused', 'MySQL or MariaDB refused the user or password of DATABASE_URL.');
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
      );
    case 'ER_NO_SUCH_TABLE':
      return problem('database-not-migrated', `A table is missing (${sqlMessage ?? code}).`);
    default:
      return error;
  }
}

/** Reads the name from "Unknown database 'name'". Quotes an unusual name in backticks. */
function missingName(sqlMessage = ''): string {
  const name = /'(.+)'/.exec(sqlMessage)?.[1] ?? 'pims_sync';
  return /^\w+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** Errors that disappear when the transaction is retried. */
const passing = ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD'];
const mostTries = 12;

/**
 * Runs `work` in a transaction and retries it after a deadlock or a lock wait timeout. `work` must therefore have no
 * effects outside the database.
 *
 * @param db a transaction makes `work` a part of it; retries are then up to the outermost call
 * @param alsoPassing further error codes that mean that another transaction was faster: `work` then reads and decides
 * again
 */
export async function inTransaction<T>(
  db: Database,
  work: (trx: DatabaseTransaction) => Promise<T>,
  alsoPassing: readonly string[] = [],
): Promise<T> {
  if (db.isTransaction) return work(db as DatabaseTransaction);
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (![...passing, ...alsoPassing].includes(code) || attempt === mostTries) throw error;
      // A random delay keeps two colliding transactions from colliding again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 1.5 ** attempt));
    }
  }
}

/** Runs `work` in a transaction that is rolled back at the end, and returns its result. */
export async function inDiscardedTransaction<T>(
  db: Database,
  work: (trx: DatabaseTransaction) => Promise<T>,
): Promise<T> {
  const results: T[] = [];
  const discarded = new Error('The transaction is rolled back on purpose.');
  const discard = async (trx: DatabaseTransaction): Promise<never> => {
    results[0] = await work(trx);
    throw discarded;
  };
  return inTransaction(db, discard).catch((error: unknown) => {
    if (error !== discarded) throw error;
    return results[0] as T;
  });
}

/**
 * Inserts many rows in few statements.
 *
 * @param tail the text after VALUES, such as an ON DUPLICATE KEY clause; always our own text, never input
 */
export async function insertMany<T extends keyof Tables>(
  db: Database | DatabaseTransaction,
  table: T,
  rows: readonly NewRow<T>[],
  tail = '',
): Promise<void> {
  await executeSequentially(db, insertStatements(table, rows, tail));
}
