import { PimsProblem } from '../errors.js';
import type { Dialect, Parameter, QueryOptions, Row, SqlDriver } from './driver.js';
import { closeTimeoutMs, connectTimeoutMs, defaultTimeoutMs } from './driver.js';
import { tooSlow, unreachable } from './problems.js';

/** The parts of a driver that depend on its database library. `Connection` is the library's own type. */
export interface DriverBody<Connection> {
  dialect: Dialect;
  losesRows: boolean;
  /** Name of the database in problems. */
  place: string;
  timeoutMs: number | undefined;
  /** Opens a connection. `signal` aborts if it is no longer needed; one that opens later goes to `abandon`. */
  connect(signal: AbortSignal): Promise<Connection>;
  /** Statements to send once on a new connection. The server may refuse one with `courtesy`. */
  session: { sql: string; courtesy?: boolean }[];
  /** Starts a statement; `cancel` asks the server to stop it. */
  start(
    connection: Connection,
    sql: string,
    parameters: readonly Parameter[],
  ): { rows: Promise<Row[]>; cancel(): void };
  /** Returns false once the library knows that the connection is dead. */
  alive?(connection: Connection): boolean;
  /** Closes cleanly. After `closeTimeoutMs`, `abandon` is called. */
  disconnect(connection: Connection): Promise<unknown>;
  /** Closes without waiting; `busy` settles when the library has finished its work on the connection. */
  abandon(connection: Connection, busy: Promise<unknown>): void;
  /** Turns the library's errors into PimsProblems. */
  problem(error: unknown, connected: boolean): unknown;
}

/** Creates a driver from a library: one connection, one statement at a time, limits, reconnect after a failure. */
export function createDriver<Connection>(body: DriverBody<Connection>): SqlDriver {
  const { timeoutMs = defaultTimeoutMs } = body;
  let connection: Connection | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let busy: Promise<unknown> = last;

  /** Tracks the library's current work, even after the caller stopped waiting for it. */
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
          // After our own time limit the statement may still run, so no other may follow it.
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
      // A missing column does not affect the connection; after any other error, open a new one.
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
 * Waits for a running statement until the time limit or an abort. Then calls `cancel` and stops waiting, because some
 * drivers ignore a cancel.
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
