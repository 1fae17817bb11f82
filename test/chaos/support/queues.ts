import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { queueNames } from '../../../src/jobs/catalog.js';

export type AnyQueue = Queue<unknown, unknown, string>;

/** Opens the three queues as any holder of the Redis URL can, and closes them afterwards. */
export async function withQueues<T>(url: string, work: (queues: AnyQueue[], redis: Redis) => Promise<T>): Promise<T> {
  const connection = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    lazyConnect: true,
  });
  connection.on('error', () => undefined);
  await connection.connect();
  const queues = queueNames.map(
    (queueName) => new Queue(queueName, { connection, prefix: '{pims-sync}', skipWaitingForReady: true }) as AnyQueue,
  );
  for (const queue of queues) queue.on('error', () => undefined);
  try {
    return await work(queues, connection);
  } finally {
    await Promise.all(queues.map((queue) => queue.close().catch(() => undefined)));
    connection.disconnect();
  }
}

/** Counts the jobs that wait, run or are delayed, without the schedules themselves. */
export async function openJobs(url: string): Promise<number> {
  return withQueues(url, async (queues) => {
    let open = 0;
    for (const queue of queues) {
      for (const job of await queue.getJobs(['waiting', 'prioritized', 'active', 'delayed'])) {
        // A job of a schedule is always waiting for its time, and the jobs that it enqueues repeat too.
        if (job && !job.repeatJobKey && job.name !== 'dispatch-messages' && job.name !== 'sweep') open++;
      }
    }
    return open;
  });
}
