import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type odbc from 'odbc';

/** One column of a result, with its value in each row. */
export interface OdbcColumn {
  name: string;
  /** ODBC's number of the SQL type. */
  dataType: number;
  values: unknown[];
}

/** A process that owns one ODBC connection. Handles one request at a time. */
export interface OdbcProcess {
  /** False once the process has ended. */
  readonly alive: boolean;
  connect(options: odbc.ConnectionParameters): Promise<void>;
  query(sql: string, values: readonly string[]): Promise<OdbcColumn[]>;
  /** Closes the connection cleanly; the process runs until `kill`. */
  close(): Promise<void>;
  /** Ends the process at once, even if its driver waits. Safe to call twice. */
  kill(): void;
}

/** The process ended during a request, because its driver crashed or `kill` was called. */
export class OdbcProcessEnded extends Error {}

const running = new Set<ChildProcess>();
let cleansUp = false;

/**
 * Starts a process with the `odbc` package. The package has one lock for all connections of a process, and its drivers
 * may wait for a silent server without limit, even on the main thread. In a separate process such a driver blocks only
 * one connection, and the process can be killed.
 *
 * @throws the error of loading the package, with its `code`
 */
export async function startOdbcProcess(): Promise<OdbcProcess> {
  const child = fork(fileURLToPath(new URL('./odbc-child.js', import.meta.url)), {
    // Structured clone: binary values stay binary.
    serialization: 'advanced',
    // Replaces this process's own arguments, such as a debugger's port. Same flags as in heap.ts, for the same pages.
    execArgv: ['--no-parallel-scavenge', '--semi-space-growth-factor=4'],
    // A driver's own output may quote data.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  running.add(child);
  if (!cleansUp) process.once('exit', () => running.forEach((each) => each.kill('SIGKILL')));
  cleansUp = true;
  /** Lets the child keep this process alive only while a request runs. */
  const hold = (change: 'ref' | 'unref'): void => {
    child[change]();
    child.channel?.[change]();
  };

  let settle: { resolve(result: unknown): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined;
  const end = (error: Error): void => {
    running.delete(child);
    ended ??= error;
    settle?.reject(ended);
  };
  child.on('message', ({ result, error }: { result?: unknown; error?: { message: string } }) => {
    if (error) settle?.reject(Object.assign(new Error(error.message), error));
    else settle?.resolve(result);
  });
  child.on('error', end);
  child.on('exit', (code, signal) =>
    end(new OdbcProcessEnded(`its driver ended with ${signal ?? `status ${code ?? 0}`}`)),
  );

  const request = (step: string, details: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      if (ended) return reject(ended);
      hold('ref');
      // If sending fails, the request fails with the child's exit, which gives the reason.
      child.send({ step, ...details }, (error) => error && child.kill('SIGKILL'));
    }).finally(() => hold('unref'));
  const kill = (): void => {
    ended ??= new OdbcProcessEnded('killed');
    child.kill('SIGKILL');
  };
  try {
    await request('load');
  } catch (error) {
    kill();
    throw error;
  }
  return {
    get alive() {
      return !ended;
    },
    connect: async (options) => void (await request('connect', { options })),
    query: async (sql, values) => (await request('query', { sql, values })) as OdbcColumn[],
    close: async () => void (await request('close')),
    kill,
  };
}
