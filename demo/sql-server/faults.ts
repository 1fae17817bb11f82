import type { Channel } from './channel.js';
import { SqlError, sqlErrors } from './sql-error.js';

/** A fault of a statement that reads a table. Exactly one kind of fault is set. */
export interface Fault {
  /** Only statements that read this table; by default, every statement that reads a table. */
  table?: string;
  /** Number of matching statements that succeed first. */
  after?: number;
  /** Number of times that the fault occurs; by default, until `clear()`. */
  times?: number;
  /** Resets the connection after this number of rows, in the middle of the next row. */
  cutAfterRows?: number;
  /** Resets the connection after this number of bytes of the answer. */
  cutAfterBytes?: number;
  /** Delays the answer by this time; a cancel ends the delay. */
  delayMs?: number;
  /** Fails the statement with this error of SQL Server. */
  error?: { number: number; message: string; level?: number };
  /** Fails the statement as the victim of a deadlock: error 1205. */
  deadlock?: true;
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
  /** Applies faults before a statement runs: waits, throws, or sets the channel to cut the answer. */
  strike(statement: Struck): Promise<{ cutAfterRows: number | null }>;
}

export interface Struck {
  tables: string[];
  waitsFor: string[];
  lockTimeout: number;
  sessionId: number;
  channel: Channel;
  signal: AbortSignal;
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
      const timer =
        ms < 0
          ? undefined
          : setTimeout(
              finish(() => resolve('over')),
              ms,
            );
      waiting.add(cleared);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  function take({ tables, waitsFor }: Struck): Fault | null {
    const has = (list: string[], name?: string): boolean =>
      name === undefined ? list.length > 0 : list.some((table) => table.toLowerCase() === name.toLowerCase());
    const fault = active.find((each) => has(each.locked ? waitsFor : tables, each.table));
    if (fault === undefined) return null;
    if (fault.after !== undefined && fault.after > 0) {
      fault.after--;
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
    async strike(statement) {
      const fault = take(statement);
      if (fault === null) return { cutAfterRows: null };
      if (fault.error !== undefined)
        throw new SqlError(fault.error.number, fault.error.message, fault.error.level ?? 16);
      if (fault.deadlock) throw sqlErrors.deadlock(statement.sessionId);
      if (fault.locked && (await wait(statement.lockTimeout, statement.signal)) === 'over')
        throw sqlErrors.lockTimeout();
      if (fault.delayMs !== undefined) await wait(fault.delayMs, statement.signal);
      if (fault.cutAfterBytes !== undefined) statement.channel.cutAfter(fault.cutAfterBytes);
      return { cutAfterRows: fault.cutAfterRows ?? null };
    },
  };
}
