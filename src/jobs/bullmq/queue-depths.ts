import type { Queue } from 'bullmq';
import type { QueueName } from '../catalog.js';

export interface QueueDepth {
  queueName: QueueName;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** Since the job that has waited longest was due, in milliseconds. */
  oldestMs: number;
}

export async function depthOf(queueName: QueueName, queue: Queue, nowMs: number): Promise<QueueDepth> {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  const first = await queue.getJobs(['waiting', 'prioritized'], 0, 0, true);
  // A job of a schedule was made when the one before it ran, a day ago: it waits since its time came.
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
