import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { bind, type Parameter, type SqlDriver } from '../../src/connectors/drivers/driver.js';
import { openConnection } from '../../src/store/db/session.js';

/** A statement as the connector sent it, with the values of its placeholders (`?`). */
export interface Sent<Value = Parameter> {
  sql: string;
  parameters: readonly Value[];
}

/** Wraps a driver to record the statements that fetch rows. Count queries are left out: only our connector needs them. */
export function recording(driver: SqlDriver, sent: Sent[]): SqlDriver {
  return {
    dialect: driver.dialect,
    losesRows: driver.losesRows,
    query(sql, parameters, options) {
      if (!isCount(sql)) sent.push({ sql, parameters });
      return driver.query(sql, parameters, options);
    },
    close: () => driver.close(),
  };
}

const isCount = (sql: string): boolean => /^\s*SELECT COUNT\(\*\)/.test(sql);

/** Records what mysql2 executes while `work` runs, for a connector with its own mysql2; only what fetches rows. */
export async function recordingMysql(work: () => Promise<unknown>): Promise<Sent<unknown>[]> {
  const sent: Sent<unknown>[] = [];
  const note = (message: unknown): void => {
    const { query, values } = message as { query: string; values?: unknown[] };
    if (/^\s*SELECT/i.test(query) && !isCount(query)) sent.push({ sql: query, parameters: values ?? [] });
  };
  const channel = 'tracing:mysql2:query:start';
  subscribe(channel, note);
  try {
    await work();
  } finally {
    unsubscribe(channel, note);
  }
  return sent;
}

/** Runs the same statements through bare `odbc`: one connection, each result as a whole. */
export async function bareOdbc(connectionString: string, sent: readonly Sent[]): Promise<number> {
  const { default: odbc } = await import('odbc');
  const connection = await odbc.connect(connectionString);
  try {
    return await total(sent, async ({ sql, parameters }) => {
      const texts: string[] = [];
      const text = bind(sql, parameters, ({ type, value }) => (type === 'integer' ? value : (texts.push(value), '?')));
      const rows = texts.length > 0 ? connection.query(text, texts) : connection.query(text);
      return (await rows).length;
    });
  } finally {
    await connection.close();
  }
}

/** Runs the same statements through bare `mssql`. */
export async function bareMssql(
  server: { host: string; port: number; database: string; user: string; password: string },
  sent: readonly Sent[],
): Promise<number> {
  const { default: mssql } = await import('mssql');
  const { host, port, database, user, password } = server;
  const options = { encrypt: false, trustServerCertificate: true };
  const pool = await new mssql.ConnectionPool({ server: host, port, database, user, password, options }).connect();
  const types = { integer: mssql.BigInt, guid: mssql.UniqueIdentifier, text: mssql.NVarChar };
  try {
    return await total(sent, async ({ sql, parameters }) => {
      const request = pool.request();
      let count = 0;
      const text = bind(sql, parameters, ({ type, value }) => {
        request.input(`p${(count += 1)}`, types[type], value);
        return `@p${count}`;
      });
      return (await request.query(text)).recordset.length;
    });
  } finally {
    await pool.close();
  }
}

/** Runs the same statements through bare `mysql2`. Dates stay strings, which is its fastest way. */
export async function bareMysql(
  uri: string,
  sent: readonly { sql: string; parameters: readonly unknown[] }[],
): Promise<number> {
  const connection = await openConnection({ uri, dateStrings: true });
  try {
    return await total(sent, async ({ sql, parameters }) => {
      const values = parameters.map((each) => (isParameter(each) ? plain(each) : each));
      const [rows] = await connection.query(sql, values);
      return (rows as unknown[]).length;
    });
  } finally {
    await connection.end();
  }
}

const isParameter = (value: unknown): value is Parameter =>
  typeof value === 'object' && value !== null && 'type' in value && 'value' in value;

const plain = ({ type, value }: Parameter): string | bigint => (type === 'integer' ? BigInt(value) : value);

async function total<S>(sent: readonly S[], rowsOf: (each: S) => Promise<number>): Promise<number> {
  let rows = 0;
  for (const each of sent) rows += await rowsOf(each);
  return rows;
}
