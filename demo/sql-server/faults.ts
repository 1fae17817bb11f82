import type { Channel } from './channel.js';
import { SqlError, sqlErrors } from './sql-error.js';

/** Something that goes wrong with a statement that reads a table. Exactly one kind of trouble is set. */
export interface Fault {
  /** Only statements that read this table; without it, every statement that reads one. */
  table?: string;
  /** So many matching statements pass first. */
  after?: number;
  /** Strikes so often, then is gone; without it, until `clear()`. */
  times?: number;
  /** The connection is reset when so many rows of the result were sent, in the middle of the next one. */
  cutAfterRows?: number;
  /** The connection is reset when so many bytes of the answer were sent. */
  cutAfterBytes?: number;
  /** The answer waits so long; a cancel ends the wait. */
  delayMs?: number;
  /** The statement fails with this error of SQL Server. */
  error?: { number: number; message: string; level?: number };
  /** The statement is the victim of a deadlock: error 1205. */
  deadlock?: true;
  /** The table is locked: the statement waits as long as SET LOCK_TIMEOUT says (for ever without), then error 1222. */
  locked?: true;
}

/** Switches for trouble, usable while clients are connected. */
export interface Faults {
  inject(fault: Fault): void;
  /** Ends every fault and lets go of every lock. */
  clear(): void;
  /** Every login fails as with a wrong password. */
  refuseLogins: boolean;
  /** New connections are dropped at once, as by a server that is down. */
  refuseConnections: boolean;
}

export interface FaultSwitch extends Faults {
  /** Called before a statement runs: waits, throws, or arms the channel to cut the answer. */
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

  /** Resolves after `ms`, when faults are cleared, or with the abort; `ms` of -1 has no end of its own. */
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
