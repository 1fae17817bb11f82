import { PimsProblem } from 'pims-sync/connector';
import { createConnection } from 'mysql2';

/**
 * @typedef {object} Session
 * @property {(sql: string, values?: unknown[]) => Promise<any[]>} query
 * @property {() => void} close safe to call twice
 */

/**
 * Opens one read-only connection. An abort ends the pending wait, with the abort reason.
 * @param {import('./index.js').Settings} settings
 * @param {AbortSignal} signal
 * @param {Set<Session>} open holds the session while it is open
 * @returns {Promise<Session>}
 */
export async function connect(settings, signal, open) {
  signal.throwIfAborted();
  const timeout = settings.timeoutSeconds * 1000;
  const connection = createConnection({
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    password: settings.password,
    ...(settings.tls ? { ssl: { verifyIdentity: true } } : {}),
    connectTimeout: timeout,
    charset: 'utf8mb4', // the tables are utf8mb3; the server converts
    supportBigNumbers: true, // keys are bigint; texts keep all digits
    bigNumberStrings: true,
    dateStrings: true,
  });
  connection.on('error', () => {}); // the pending query reports it

  /** @type {(error: unknown) => void} */
  let fail = () => {};
  /** @param {unknown} reason rejects the pending query */
  const end = (reason) => {
    signal.removeEventListener('abort', aborted);
    open.delete(session);
    connection.destroy();
    fail(reason);
  };
  const aborted = () => end(signal.reason);
  signal.addEventListener('abort', aborted);

  /**
   * mysql2 drops the callbacks of a destroyed connection, so the abort also rejects each pending wait.
   * @template T
   * @param {(done: (error: unknown, result?: any) => void) => void} start
   * @returns {Promise<T>}
   */
  const waitFor = (start) =>
    new Promise((resolve, reject) => {
      fail = reject;
      if (signal.aborted) return reject(signal.reason);
      start((error, result) => (error ? reject(problemOf(error, settings)) : resolve(result)));
    });

  /** @type {Session} */
  const session = {
    query: (sql, values = []) => waitFor((done) => connection.query({ sql, timeout }, values, done)),
    close: () => end(problemOf({ code: 'PROTOCOL_CONNECTION_LOST' }, settings)),
  };
  open.add(session);
  try {
    await waitFor((done) => connection.connect(done));
    // Sets the modes that the queries rely on, whatever the server's defaults: mysql2 escapes values with backslashes.
    await session.query(
      `SET NAMES utf8mb4, sql_mode = '', autocommit = 1, sql_select_limit = 18446744073709551615,
        lock_wait_timeout = ?, innodb_lock_wait_timeout = ?`,
      [Math.ceil(settings.timeoutSeconds), Math.ceil(settings.timeoutSeconds)],
    );
    await session.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY');
  } catch (error) {
    session.close();
    throw error;
  }
  return session;
}

/** Maps error codes of MySQL, MariaDB and the network to their meaning for a sync. */
const meanings = /** @type {const} */ ({
  ER_ACCESS_DENIED_ERROR: 'pims-login-refused',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'pims-login-refused',
  ER_TABLEACCESS_DENIED_ERROR: 'pims-login-refused',
  ER_DBACCESS_DENIED_ERROR: 'pims-settings-wrong',
  ER_BAD_DB_ERROR: 'pims-settings-wrong',
  HANDSHAKE_NO_SSL_SUPPORT: 'pims-settings-wrong',
  ER_NO_SUCH_TABLE: 'pims-schema-differs',
  ER_BAD_FIELD_ERROR: 'pims-schema-differs',
  ER_LOCK_WAIT_TIMEOUT: 'pims-busy',
  ER_LOCK_DEADLOCK: 'pims-busy',
  ER_CON_COUNT_ERROR: 'pims-busy',
  PROTOCOL_SEQUENCE_TIMEOUT: 'pims-busy',
  PROTOCOL_CONNECTION_LOST: 'pims-unreachable',
  ECONNREFUSED: 'pims-unreachable',
  ECONNRESET: 'pims-unreachable',
  EPIPE: 'pims-unreachable',
  ETIMEDOUT: 'pims-unreachable',
  EHOSTUNREACH: 'pims-unreachable',
  ENOTFOUND: 'pims-unreachable',
  EAI_AGAIN: 'pims-unreachable',
});

/** Sentence and next step for the installer. Never the driver's message, which may quote data. */
const sentences = {
  'pims-login-refused': [
    'refuses the login',
    'Check user and password, and that this user may SELECT on the OpenVPMS tables.',
  ],
  'pims-settings-wrong': [
    'has no such database for this login',
    'Correct `database`; OpenVPMS names it openvpms by default.',
  ],
  'pims-schema-differs': [
    'lacks something this connector reads',
    'Run pims-sync check: it names every missing table and column.',
  ],
  'pims-busy': [
    'is busy, or a table is locked',
    'Nothing to do: pims-sync retries. Sync at a quieter hour if it keeps happening.',
  ],
  'pims-unreachable': [
    'cannot be reached',
    'Check host and port, that MySQL runs, and that its firewall lets this machine in.',
  ],
  'pims-read-failed': ['could not answer', 'Run pims-sync check for this practice.'],
};

const noTls = [
  'offers no TLS',
  'The login was not sent. Turn on TLS at the server, or, on a network you trust, set `tls: false`.',
];

/**
 * @param {any} error from mysql2
 * @param {import('./index.js').Settings} settings
 */
export function problemOf(error, { host, port, database }) {
  const code = meanings[/** @type {keyof typeof meanings} */ (error.code)] ?? 'pims-read-failed';
  const [what, help] = error.code === 'HANDSHAKE_NO_SSL_SUPPORT' ? noTls : sentences[code];
  const missing = /(?:Table|Unknown column) '([^']+)'/.exec(error.message ?? '')?.[1];
  const named = code === 'pims-schema-differs' && missing ? `: ${missing}` : '';
  return new PimsProblem({
    code,
    message: `OpenVPMS at ${host}:${port}/${database} ${what}${named} (${error.code ?? 'no code'}).`,
    help,
    ...(code === 'pims-schema-differs' && missing ? { missing } : {}),
  });
}
