import { scrub } from '../lib/scrub.js';
import type { Queues } from './bullmq/queues.js';
import type { JobLog } from './job-log.js';

export interface ClusterTimer {
  name: string;
  everyMs: number;
  do(): Promise<unknown>;
}

export interface ClusterTimers {
  /** Stops the timers and waits for running tasks. */
  stop(): Promise<void>;
}

/**
 * Runs each task about once per interval across all processes. Timers use each process's monotonic clock and leases use
 * the clock of Redis, so neither a wrong wall clock nor a dying process stops them.
 */
export function startClusterTimers(
  queues: Pick<Queues, 'acquireLease'>,
  clusterTimers: readonly ClusterTimer[],
  log: JobLog,
): ClusterTimers {
  const underWay = new Map<ClusterTimer, Promise<void>>();
  const runOnce = async (clusterTimer: ClusterTimer): Promise<void> => {
    try {
      if (await queues.acquireLease(clusterTimer.name, clusterTimer.everyMs)) await clusterTimer.do();
    } catch (error) {
      log.warn(
        { clusterTimer: clusterTimer.name, error: scrub(String(error)) },
        'a cluster timer failed; it runs again after its interval',
      );
    }
  };
  const tick = (clusterTimer: ClusterTimer): void => {
    if (underWay.has(clusterTimer)) return;
    underWay.set(
      clusterTimer,
      runOnce(clusterTimer).finally(() => underWay.delete(clusterTimer)),
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
