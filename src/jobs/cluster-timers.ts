import { scrub } from '../lib/scrub.js';
import type { Queues } from './bullmq/queues.js';
import type { JobLog } from './job-log.js';

export interface ClusterTimer {
  name: string;
  everyMs: number;
  do(): Promise<unknown>;
}

export interface ClusterTimers {
  /** No beat comes any more; one that is under way ends first. */
  stop(): Promise<void>;
}

/**
 * Does each thing about once in its time, in one of all the processes that call this, however many there are. Timers run
 * by each process's steady clock and turns by Redis' own, so no wrong wall clock stops the beat, nor a process that dies.
 */
export function startClusterTimers(
  queues: Pick<Queues, 'takeTurn'>,
  clusterTimers: readonly ClusterTimer[],
  log: JobLog,
): ClusterTimers {
  const underWay = new Map<ClusterTimer, Promise<void>>();
  const beatOnce = async (clusterTimer: ClusterTimer): Promise<void> => {
    try {
      if (await queues.takeTurn(clusterTimer.name, clusterTimer.everyMs)) await clusterTimer.do();
    } catch (error) {
      log.warn({ clusterTimer: clusterTimer.name, error: scrub(String(error)) }, 'Not done now; it is tried again');
    }
  };
  const tick = (clusterTimer: ClusterTimer): void => {
    if (underWay.has(clusterTimer)) return;
    underWay.set(
      clusterTimer,
      beatOnce(clusterTimer).finally(() => underWay.delete(clusterTimer)),
    );
  };
  const timers = clusterTimers.map((clusterTimer) => setInterval(tick, clusterTimer.everyMs, clusterTimer));
  for (const clusterTimer of clusterTimers) tick(clusterTimer);
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(underWay.values());
    },
  };
}
