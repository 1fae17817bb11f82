import { PimsProblem } from '../errors.js';

/** The SQL dialect of the database. */
export type Dialect = 'sqlanywhere' | 'tsql' | 'mysql' | 'postgresql' | 'sqlite';

/**
 * A value in a common form: BIGINT and DECIMAL as text, BIT as boolean, GUID as upper-case text, dates and times as
 * local text (`2020-02-03 10:00:00`) without time zone conversion.
 */
export type Value = string | number | boolean | Buffer | null;
export type Row = Record<string, Value>;

/** A value for a `?`. `bind` checks it against the form of its type before a query uses it. */
export interface Parameter {
  type: 'integer' | 'guid' | 'text';
  value: string;
}

export interface QueryOptions {
  signal: AbortSignal;
  /** Overrides the driver's own time limit for one statement. */
  timeoutMs?: number;
}

/**
 * One read-only connection to one database, opened on first use. Closes the connection after an abort, a timeout or a
 * network failure; the next query opens a new one. Fails with a PimsProblem, or with the abort reason.
 */
export interface SqlDriver {
  readonly dialect: Dialect;
  /** Some drivers of this kind lose rows without an error, so the reader verifies its rows by a count. */
  readonly losesRows: boolean;
  /** Runs one SELECT with `?` for the parameters and fetches its whole result. */
  query(sql: string, parameters: readonly Parameter[], options: QueryOptions): Promise<Row[]>;
  /** Safe to call twice; a later query opens a new connection. */
  close(): Promise<void>;
}

/** Time limits of a statement: for its run, and for a lock that the practice's staff hold. */
export interface Patience {
  timeoutMs?: number;
  lockWaitMs?: number;
}

export const defaultTimeoutMs = 60_000;
export const defaultLockWaitMs = 5_000;
export const connectTimeoutMs = 15_000;
/** Time limit for closing a connection cleanly. */
export const closeTimeoutMs = 3_000;

const forms = {
  integer: /^-?\d{1,20}$/,
  guid: /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
  text: /^[^\0]*$/,
} as const;

/** Returns whether a value has the form of its type, which makes all types but `text` safe as SQL literals. */
export function fits(parameter: Parameter): boolean {
  return forms[parameter.type].test(parameter.value);
}

/** Replaces each `?` of generated SQL, in which a `?` is always a parameter. */
export function bind(sql: string, parameters: readonly Parameter[], place: (each: Parameter) => string): string {
  let next = 0;
  return sql.replaceAll('?', () => {
    const parameter = parameters[next++];
    if (!parameter || !fits(parameter)) {
      throw new PimsProblem({
        code: 'pims-read-failed',
        message: 'A key of the PIMS does not have the type that the mapping names.',
        help: 'Set `keyType` of the mapping to the type of the key column: integer, guid or text.',
      });
    }
    return place(parameter);
  });
}

/** Loads a driver's package on first use. If it is not installed, throws a problem with the command to install it. */
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
