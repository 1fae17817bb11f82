import { PimsProblem } from '../errors.js';
import type { Dialect, Parameter, QueryOptions, Row, SqlDriver } from './driver.js';
import { closeTimeoutMs, connectTimeoutMs, defaultTimeoutMs } from './driver.js';
import { tooSlow, unreachable } from './problems.js';

/** What differs from one database library to the next. `Connection` is the library's own. */
export interface DriverBody<Connection> {
  dialect: Dialect;
  losesRows: boolean;
  /** How problems name the place. */
  place: string;
  timeoutMs: number | undefined;
  /**
   * Opens a connection. `signal` aborts when it is no longer wanted; one that is ready only then is given to `abandon`.
   */
  connect(signal: AbortSignal): Promise<Connection>;
  /** Sent once on a new connection. `courtesy`: a statement that may be refused. */
  session: { sql: string; courtesy?: boolean }[];
  /** Starts a statement; `cancel` asks the server to stop it. */
  start(
    connection: Connection,
    sql: string,
    parameters: readonly Parameter[],
  ): { rows: Promise<Row[]>; cancel(): void };
  /** False once the library knows that the connection is dead. */
  alive?(connection: Connection): boolean;
  /** Closes in good order. After some seconds it is abandoned. */
  disconnect(connection: Connection): Promise<unknown>;
  /** Closes without being waited for; `busy` ends when the library is done with what still runs on the connection. */
  abandon(connection: Connection, busy: Promise<unknown>): void;
  /** Turns the library's errors into PimsProblems. */
  problem(error: unknown, connected: boolean): unknown;
}

/** A driver around a library: one connection, one statement at a time, limits, and a new connection after a failure. */
export function createDriver<Connection>(body: DriverBody<Connection>): SqlDriver {
  const { timeoutMs = defaultTimeoutMs } = body;
  let connection: Connection | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let busy: Promise<unknown> = last;

  /** Remembers what the library is doing, also when nobody waits for it any more. */
  function doing<T>(work: Promise<T>): Promise<T> {
    busy = work.catch(() => {});
    return work;
  }

  async function open(limits: Required<QueryOptions>): Promise<Connection> {
    if (connection !== undefined && body.alive?.(connection) !== false) return connection;
    drop();
    const unwanted = new AbortController();
    const opening = doing(body.connect(unwanted.signal));
    const late = (): void => {
      unwanted.abort();
      opening.then((opened) => body.abandon(opened, busy)).catch(() => {});
    };
    const opened = await limited(opening, late, { ...limits, timeoutMs: connectTimeoutMs * 2 }, () =>
      unreachable(body.place, 'no answer'),
    );
    try {
      for (const { sql, courtesy } of body.session) {
        const { rows, cancel } = body.start(opened, sql, []);
        await limited(doing(rows), cancel, limits).catch((error: unknown) => {
          // One that has not ended (our own limit says so) must not have another sent behind it.
          if (!courtesy || limits.signal.aborted || error instanceof PimsProblem) throw error;
        });
      }
    } catch (error) {
      body.abandon(opened, busy);
      throw error;
    }
    connection = opened;
    return opened;
  }

  function drop(): void {
    if (connection !== undefined) body.abandon(connection, busy);
    connection = undefined;
  }

  async function run(sql: string, parameters: readonly Parameter[], limits: Required<QueryOptions>): Promise<Row[]> {
    limits.signal.throwIfAborted();
    let connected = false;
    try {
      const opened = await open(limits);
      connected = true;
      const { rows, cancel } = body.start(opened, sql, parameters);
      return await limited(doing(rows), cancel, limits);
    } catch (error) {
      const problem: unknown = limits.signal.aborted ? limits.signal.reason : body.problem(error, connected);
      // A missing column says nothing about the connection; after anything else it is not to be trusted.
      if (!(problem instanceof PimsProblem && problem.code === 'pims-schema-differs')) drop();
      throw problem;
    }
  }

  return {
    dialect: body.dialect,
    losesRows: body.losesRows,
    query(sql, parameters, { signal, timeoutMs: limit = timeoutMs }) {
      const turn = last.then(() => run(sql, parameters, { signal, timeoutMs: limit }));
      last = turn.catch(() => {});
      return turn;
    },
    async close() {
      await last;
      const closing = connection;
      connection = undefined;
      if (closing === undefined) return;
      const closed = doing(body.disconnect(closing));
      const limits = { signal: new AbortController().signal, timeoutMs: closeTimeoutMs };
      await limited(closed, () => body.abandon(closing, busy), limits).catch(() => {});
    },
  };
}

/**
 * Waits for a running statement, but no longer than the limit and not past an abort; then `cancel` is called and the
 * statement's own end is no longer awaited, for some drivers ignore being cancelled.
 */
async function limited<T>(
  running: Promise<T>,
  cancel: () => void,
  options: Required<QueryOptions>,
  tooLate: () => PimsProblem = () => tooSlow(options.timeoutMs),
): Promise<T> {
  const { signal, timeoutMs } = options;
  let stop: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    stop = () => {
      reject(signal.reason as Error);
      cancel();
    };
    timer = setTimeout(() => {
      reject(tooLate());
      cancel();
    }, timeoutMs);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([running, ended]);
  } finally {
    clearTimeout(timer);
    if (stop) signal.removeEventListener('abort', stop);
    running.catch(() => {});
  }
}
