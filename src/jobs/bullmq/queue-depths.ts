import type { Queue } from 'bullmq';
import type { QueueName } from '../catalog.js';

export interface QueueDepth {
  queueName: QueueName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** Milliseconds since the longest-waiting job became due. */
  oldestMs: number;
}

export async function depthOf(queueName: QueueName, queue: Queue, nowMs: number): Promise<QueueDepth> {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  const first = await queue.getJobs(['waiting', 'prioritized'], 0, 0, true);
  // BullMQ creates a scheduled job when the previous one runs, a day ahead: count from the time it is due.
  const waits = first.filter(Boolean).map((job) => nowMs - job.timestamp - (job.opts.delay ?? 0));
  return {
    queueName,
    waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
    active: counts['active'] ?? 0,
    delayed: counts['delayed'] ?? 0,
    failed: counts['failed'] ?? 0,
    oldestMs: Math.max(0, ...waits),
  };
}
