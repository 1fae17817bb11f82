import { PimsProblem } from '../errors.js';

/** Which SQL the database at the other end speaks. */
export type Dialect = 'sqlanywhere' | 'tsql' | 'mysql' | 'postgresql' | 'sqlite';

/**
 * A value made plain: BIGINT and DECIMAL as text, BIT as boolean, GUID as upper-case text, dates and times as local
 * text (`2020-02-03 10:00:00`) that no time zone has touched.
 */
export type Value = string | number | boolean | Buffer | null;
export type Row = Record<string, Value>;

/** A value for a `?`. Integers and GUIDs are checked against their form before a query is made with them. */
export interface Parameter {
  type: 'integer' | 'guid' | 'text';
  value: string;
}

export interface QueryOptions {
  signal: AbortSignal;
  /** Overrides the driver's own limit for one statement. */
  timeoutMs?: number;
}

/**
 * One read-only connection to one database, opened on first use. After an abort, a timeout or a lost network the
 * connection is closed, and the next query opens a new one. Fails with a PimsProblem, or with the abort reason.
 */
export interface SqlDriver {
  readonly dialect: Dialect;
  /** True where drivers exist that lose rows without an error; the reader then counts what it got. */
  readonly losesRows: boolean;
  /** Runs one SELECT with `?` for the parameters and fetches its result whole. */
  query(sql: string, parameters: readonly Parameter[], options: QueryOptions): Promise<Row[]>;
  /** Safe to call twice; a later query opens a new connection. */
  close(): Promise<void>;
}

/** How long a statement may run, and how long it may wait for a lock that the practice's staff hold. */
export interface Patience {
  timeoutMs?: number;
  lockWaitMs?: number;
}

export const defaultTimeoutMs = 60_000;
export const defaultLockWaitMs = 5_000;
export const connectTimeoutMs = 15_000;
/** How long a connection may take to close in good order. */
export const closeTimeoutMs = 3_000;

const forms = {
  integer: /^-?\d{1,20}$/,
  guid: /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
  text: /^[^\0]*$/,
} as const;

/** True when the text has the form of its type, so that it is safe to stand in SQL as a literal (but for `text`). */
export function fits(parameter: Parameter): boolean {
  return forms[parameter.type].test(parameter.value);
}

/** Puts something in place of each `?` of generated SQL, in which a `?` is never anything else. */
export function bind(sql: string, parameters: readonly Parameter[], place: (each: Parameter) => string): string {
  let next = 0;
  return sql.replaceAll('?', () => {
    const parameter = parameters[next++];
    if (!parameter || !fits(parameter)) {
      throw new PimsProblem({
        code: 'pims-read-failed',
        message: 'A key of the PIMS does not have the form that the mapping names.',
        help: 'Set `keyType` of the mapping to what the key column holds: integer, guid or text.',
      });
    }
    return place(parameter);
  });
}

/** Loads a driver's package on first use; one that is not installed is a problem that names the command. */
export async function loadDriver<T>(name: string, load: () => Promise<T>, how: string): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    throw new PimsProblem({
      code: 'pims-driver-missing',
      message:
        code === 'ERR_DLOPEN_FAILED'
          ? `The database driver "${name}" is installed, but this machine or version of Node cannot load it.`
          : `The database driver "${name}" is not installed.`,
      help: how,
      cause: error,
    });
  }
}
