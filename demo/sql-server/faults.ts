import { SqlError, sqlErrors } from './sql-error.js';

/** A fault of a statement that reads a table. Exactly one kind of fault is set. */
interface Fault {
  /** Only statements that read this table; by default, every statement that reads a table. */
  table?: string;
  /** Number of matching statements that succeed first. */
  after?: number;
  /** Number of times that the fault occurs; by default, until `clear()`. */
  times?: number;
  /** Resets the connection after this number of rows, in the middle of the next row. */
  cutAfterRows?: number;
  /** Delays the answer by this time; a cancel ends the delay. */
  delayMs?: number;
  /** Fails the statement with this error of SQL Server. */
  error?: { number: number; message: string; level?: number };
  /** Locks the table: the statement waits for SET LOCK_TIMEOUT (forever without one), then fails with error 1222. */
  locked?: true;
}

/** Controls for faults, usable while clients are connected. */
export interface Faults {
  inject(fault: Fault): void;
  /** Ends every fault and releases every lock. */
  clear(): void;
  /** Fails every login as with a wrong password. */
  refuseLogins: boolean;
  /** Drops new connections at once, as a server that is down. */
  refuseConnections: boolean;
}

export interface FaultSwitch extends Faults {
  /** Applies faults before a statement runs: waits or throws. Returns after how many rows to cut the connection. */
  strike(tables: string[], lockTimeoutMs: number, signal: AbortSignal): Promise<number>;
}

export function createFaults(): FaultSwitch {
  let active: Fault[] = [];
  const waiting = new Set<() => void>();

  /** Resolves after `ms`, when faults are cleared, or on abort; `ms` of -1 means no timeout. */
  function wait(ms: number, signal: AbortSignal): Promise<'over' | 'cleared'> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => (): void => {
        clearTimeout(timer);
        waiting.delete(cleared);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const cleared = finish(() => resolve('cleared'));
      const aborted = finish(() => reject(signal.reason as Error));
      const over = finish(() => resolve('over'));
      const timer = ms < 0 ? undefined : setTimeout(over, ms);
      waiting.add(cleared);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  function take(tables: string[]): Fault | null {
    const fault = active.find(({ table }) =>
      table === undefined ? tables.length > 0 : tables.some((name) => name.toLowerCase() === table.toLowerCase()),
    );
    if (fault === undefined) return null;
    if (fault.after !== undefined && fault.after > 0) {
      fault.after -= 1;
      return null;
    }
    if (fault.times !== undefined && --fault.times <= 0) active = active.filter((each) => each !== fault);
    return fault;
  }

  return {
    refuseLogins: false,
    refuseConnections: false,
    inject: (fault) => void active.push({ ...fault }),
    clear() {
      active = [];
      this.refuseLogins = false;
      this.refuseConnections = false;
      for (const release of [...waiting]) release();
    },
    async strike(tables, lockTimeoutMs, signal) {
      const { error, locked, delayMs, cutAfterRows = Infinity } = take(tables) ?? {};
      if (error !== undefined) throw new SqlError(error.number, error.message, error.level);
      if (locked && (await wait(lockTimeoutMs, signal)) === 'over') throw sqlErrors.lockTimeout();
      if (delayMs !== undefined) await wait(delayMs, signal);
      return cutAfterRows;
    },
  };
}
