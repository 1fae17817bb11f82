import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq';
import type { Clock } from '../../lib/ids.js';
import { codeOf, isProblem } from '../../lib/problem.js';
import { framesOf, scrub } from '../../lib/scrub.js';
import type { Secret } from '../../lib/secret.js';
import { FinalFailure, isJobName, jobNames, parsePayload, type Handlers, type QueueName } from '../catalog.js';
import { queueTelemetry } from './traces.js';
import { quietly, type JobLog } from '../job-log.js';
import { keyPrefix, workerConnection } from './redis.js';

export interface Workers {
  /**
   * Takes no more jobs and waits for the running ones, which are asked to end after half the deadline. A job that does
   * not end within `deadlineMs` is abandoned: its lock expires, and another worker takes it.
   *
   * @returns false if a job was abandoned, which may keep this process from exiting by itself
   */
  close(deadlineMs: number): Promise<boolean>;
}

export interface WorkerOptions {
  queueNames: readonly QueueName[];
  concurrency: Partial<Record<QueueName, number>>;
  /** Dates delayed jobs. Default: the machine's clock. */
  clock?: Clock;
}

/** Default concurrency. Email jobs mostly wait, and those that wait together are claimed and stored in one batch. */
const usualConcurrency: Record<QueueName, number> = { pims: 3, mail: 100, accounts: 10 };

/** Starts one BullMQ worker for each queue. */
export function startWorkers(url: Secret, handlers: Handlers, options: WorkerOptions, log: JobLog): Workers {
  const stopping = new AbortController();
  const context = { signal: stopping.signal, clock: options.clock ?? (() => new Date()) };
  const started = options.queueNames.map((queueName) => {
    const connection = workerConnection(url, quietly(log));
    const worker = new Worker(queueName, (job: Job, token) => run(job, token, handlers, context, log), {
      connection,
      prefix: keyPrefix,
      concurrency: options.concurrency[queueName] ?? usualConcurrency[queueName],
      // A dead worker is noticed within half a minute; its jobs run again and skip the finished work.
      lockDuration: 30_000,
      stalledInterval: 15_000,
      maxStalledCount: 10,
      ...queueTelemetry(process.env),
    });
    worker.on('error', quietly(log));
    return { worker, connection };
  });
  return {
    async close(deadlineMs) {
      const telling = setTimeout(() => stopping.abort(new Error('The worker is stopping.')), deadlineMs * 0.5);
      let waiting: NodeJS.Timeout | undefined;
      const late = new Promise<false>((resolve) => (waiting = setTimeout(resolve, deadlineMs, false)));
      // A forced close would come too late: BullMQ then returns the promise of the close that already waits.
      const closed = Promise.all(started.map(({ worker }) => worker.close())).then(() => true);
      const ended = await Promise.race([closed, late]);
      clearTimeout(telling);
      clearTimeout(waiting);
      for (const { connection } of started) connection.disconnect();
      return ended;
    },
  };
}

/** How long to hand back a job with an unknown name before it fails, in milliseconds. */
const unknownForMs = 10 * 60_000;

async function run(
  job: Job,
  token: string | undefined,
  handlers: Handlers,
  { signal, clock }: { signal: AbortSignal; clock: Clock },
  log: JobLog,
): Promise<unknown> {
  const id = job.id ?? '';
  const about: Record<string, unknown> = { job: job.name, jobId: id, attempt: job.attemptsMade + 1 };
  const later = async (ms: number): Promise<never> => {
    await job.moveToDelayed(clock().getTime() + ms, token);
    throw new DelayedError();
  };
  try {
    if (!isJobName(job.name)) {
      // During an upgrade a newer process may add jobs that only newer workers know: give them a chance.
      if (clock().getTime() - job.timestamp < unknownForMs) await later(2_000);
      const known = jobNames.join(', ');
      throw new FinalFailure({
        code: 'job-unknown',
        message: `No job is named "${job.name}". Known: ${known}.`,
      });
    }
    const payload = parsePayload(job.name, job.data);
    // Payloads contain only ids, see the catalog.
    Object.assign(about, payload);
    const handler = handlers[job.name] as (payload: unknown, context: object) => Promise<object>;
    const outcome = await handler(payload, {
      jobId: id,
      isFinalAttempt: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      signal,
      progress: (value: object) => job.updateProgress(value),
      about: (ids: object) => void Object.assign(about, ids),
    });
    if ('retryInMs' in outcome) return await later(outcome.retryInMs as number);
    const done = { ...about, ...outcome };
    // A campaign sends hundreds of emails per second, and the database records the result of each.
    if (job.name === 'send-message') log.debug?.(done, 'job done');
    else log.info(done, 'job done');
    return outcome;
  } catch (error) {
    if (error instanceof DelayedError) throw error;
    const code = codeOf(error);
    log.error({ ...about, code, error: scrub(String(error)), at: framesOf(error) }, 'job failed');
    throw storable(error, code);
  }
}

/** The error that BullMQ stores in Redis: its code and a message without personal data. */
function storable(error: unknown, code: string): Error {
  const message = `${code}: ${scrub(error instanceof Error ? error.message : String(error))}`;
  const final = error instanceof FinalFailure || isProblem(error, 'job-payload-wrong');
  const stored = final ? new UnrecoverableError(message) : new Error(message);
  stored.stack = `${stored.name}: ${message}\n${framesOf(error)}`;
  return stored;
}
