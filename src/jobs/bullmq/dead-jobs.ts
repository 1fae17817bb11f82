import type { Job } from 'bullmq';
import type { Queues } from './queues.js';
import { queueNames, type QueueName } from '../catalog.js';

/** A failed job that BullMQ no longer retries. */
export interface DeadJob {
  queueName: QueueName;
  id: string;
  name: string;
  payload: unknown;
  /** Code of the last error; `stalled` if its worker died too often, `unexpected` for an error without a code. */
  cause: string;
  /** Message of the last error, without personal data. */
  message: string;
  attempts: number;
  enqueuedAt: Date;
  failedAt: Date;
}

const jobsARead = 500;

/** Yields all dead jobs queue by queue, the latest first. */
export async function* deadJobs(queues: Queues, only: readonly QueueName[] = queueNames): AsyncGenerator<DeadJob> {
  for (const queue of queues.raw) {
    const queueName = queue.name as QueueName;
    if (!only.includes(queueName)) continue;
    // Read all ids first, so that jobs replayed meanwhile do not shift the range.
    const ids: string[] = [];
    for (let at = 0; ; at += jobsARead) {
      const some = await queue.getRanges(['failed'], at, at + jobsARead - 1);
      ids.push(...some);
      if (some.length < jobsARead) break;
    }
    for (const id of ids) {
      const job = (await queue.getJob(id)) as Job | undefined;
      if (job) yield asDead(queueName, job);
    }
  }
}

/** Deletes a dead job. Does nothing if it no longer exists. */
export async function dropDeadJob(queues: Queues, { queueName, id }: Pick<DeadJob, 'queueName' | 'id'>): Promise<void> {
  await queues.raw.find((queue) => queue.name === queueName)?.remove(id);
}

function asDead(queueName: QueueName, job: Job): DeadJob {
  const reason = job.failedReason ?? '';
  const [, code, message] = /^([a-z0-9][a-z0-9-]*): ([^]*)$/.exec(reason) ?? [];
  return {
    queueName,
    id: job.id ?? '',
    name: job.name,
    payload: job.data as unknown,
    cause: code ?? (/stalled/.test(reason) ? 'stalled' : 'unexpected'),
    message: message ?? reason,
    attempts: job.attemptsMade,
    enqueuedAt: new Date(job.timestamp),
    failedAt: new Date(job.finishedOn ?? job.timestamp),
  };
}
