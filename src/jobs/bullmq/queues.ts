import { Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../../lib/ids.js';
import type { Secret } from '../../lib/secret.js';
import {
  backoffJitter,
  catalog,
  deadLetterRetention,
  jobDefinition,
  queueNames,
  parsePayload,
  type Enqueue,
  type EnqueueMany,
  type EnqueueOptions,
  type JobName,
  type QueueName,
} from '../catalog.js';
import { depthOf, type QueueDepth } from './queue-depths.js';
import { setSchedules, type Schedule } from './schedules.js';
import { queueTelemetry } from './traces.js';
import { quietly, type JobLog } from '../job-log.js';
import { queueConnection, keyPrefix, proveWrite, redisProblem } from './redis.js';

const bulkSize = 1000;

export type { QueueDepth, Schedule };

export interface Queues {
  enqueue: Enqueue;
  enqueueMany: EnqueueMany;
  /** Replaces all schedules with the given prefix by these. */
  setSchedules(idPrefix: string, schedules: readonly Schedule[]): Promise<void>;
  /**
   * Returns true for one process per interval, across all processes. Relies on Redis' clock alone, so a process with a
   * wrong clock does not block the others for longer than an interval.
   */
  acquireLease(timer: string, everyMs: number): Promise<boolean>;
  depths(): Promise<QueueDepth[]>;
  /** Whether jobs wait because all workers of the queue are busy. */
  isFull(queueName: QueueName): Promise<boolean>;
  /** Limits email jobs to `perSecond` starts per second, across all workers. */
  setMailRate(perSecond: number): Promise<void>;
  /** Proves that jobs can be added over the open connection; replaces a connection to a replica by a new one. */
  prove(): Promise<void>;
  /** The BullMQ queues themselves, for the operator's queue board. */
  raw: readonly Queue[];
  close(): Promise<void>;
}

/**
 * Opens the queues to add jobs. Connects at once.
 *
 * @param clock dates the jobs, also those to run later
 * @throws Problem `redis-unreachable`, `redis-hangs-up`, `redis-login-refused`, `redis-certificate-refused`
 */
export async function openQueues(url: Secret, log: JobLog, clock: Clock = () => new Date()): Promise<Queues> {
  let why: Error | null = null;
  const tell = quietly(log);
  const redis = queueConnection(url, (error) => {
    why = error;
    tell(error);
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    // A failed connection reports only "closed"; the event before it holds the reason.
    throw redisProblem(why ?? error);
  }
  const queues = new Map(queueNames.map((queueName) => [queueName, openQueue(queueName, redis, log)]));
  const queueOf = (name: JobName) => queues.get(catalog[name].queueName) as Queue;
  const optionsOf = (name: JobName, options?: EnqueueOptions): JobsOptions => {
    return { timestamp: clock().getTime(), ...toJobOptions(name, options) };
  };

  return {
    async enqueue(name, payload, options) {
      await queueOf(name).add(name, parsePayload(name, payload), optionsOf(name, options));
    },
    async enqueueMany(name, jobs) {
      const bulk = jobs.map(({ payload, options }) => ({
        name,
        data: parsePayload(name, payload),
        opts: optionsOf(name, options),
      }));
      // In batches of `bulkSize`, so that Redis answers each within its timeout.
      for (let at = 0; at < bulk.length; at += bulkSize) await queueOf(name).addBulk(bulk.slice(at, at + bulkSize));
    },
    setSchedules: (idPrefix, schedules) => setSchedules(queues, idPrefix, schedules, toJobOptions),
    async acquireLease(timer, everyMs) {
      const key = `${keyPrefix}:lease:${timer}`;
      // Slightly shorter than the interval: otherwise timers of the same length would miss each other's expiry every
      // second time.
      const ms = Math.ceil(everyMs * 0.9);
      if ((await redis.set(key, '1', 'PX', ms, 'NX')) === 'OK') return true;
      // The clock of Redis was set back.
      if ((await redis.pttl(key)) > ms) await redis.pexpire(key, ms);
      return false;
    },
    async depths() {
      const now = clock().getTime();
      return Promise.all([...queues].map(([queueName, queue]) => depthOf(queueName, queue, now)));
    },
    async isFull(queueName) {
      const queue = queues.get(queueName) as Queue;
      return (await queue.getJobCountByTypes('waiting', 'prioritized')) > 0;
    },
    async setMailRate(perSecond) {
      // BullMQ opens a rate window with its first job, so each window begins a few milliseconds late and that time is
      // lost: short windows lose a tenth of the rate on a busy machine. Half a second loses 1 %, stays within the
      // bursts that SES tolerates, and delays an urgent email by half a second at most.
      const max = Math.max(1, Math.round(perSecond / 2));
      await queues.get('mail')?.setGlobalRateLimit(max, Math.round((max / perSecond) * 1000));
    },
    async prove() {
      await proveWrite(redis).catch((error: unknown) => {
        throw redisProblem(error);
      });
    },
    raw: [...queues.values()],
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

function openQueue(queueName: QueueName, connection: Redis, log: JobLog): Queue {
  const queue = new Queue(queueName, {
    connection,
    prefix: keyPrefix,
    skipWaitingForReady: true,
    ...queueTelemetry(process.env),
  });
  queue.on('error', quietly(log));
  return queue;
}

/** Applies a job's definition in the catalog. */
function toJobOptions(name: JobName, options: EnqueueOptions = {}): JobsOptions {
  const { attempts, backoffMs, keepDone } = jobDefinition(name);
  return {
    attempts,
    backoff: { type: 'exponential', delay: backoffMs, jitter: backoffJitter },
    removeOnComplete: keepDone === 0 ? true : { count: keepDone },
    removeOnFail: deadLetterRetention,
    ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    // Deduplication instead of a job id: an id stays taken while a finished job is kept, and would block a resend.
    ...(options.key === undefined ? {} : { deduplication: { id: `${name}-${options.key}` } }),
  };
}
