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
   * Takes no more jobs and waits for those running, which are told after half the deadline. What does not end within
   * `deadlineMs` is left: its lock runs out, and another worker takes it.
   *
   * @returns false when something was left, which may keep this process from ending by itself
   */
  close(deadlineMs: number): Promise<boolean>;
}

export interface WorkerOptions {
  queueNames: readonly QueueName[];
  concurrency: Partial<Record<QueueName, number>>;
  /** Whose time a job that is not due yet is dated by; left out, the machine's. */
  clock?: Clock;
}

/** Emails spend most of their time waiting, and what waits together is claimed and written down together. */
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
      // A worker that died is noticed within half a minute; its jobs run again and find what is already done.
      lockDuration: 30_000,
      stalledInterval: 15_000,
      maxStalledCount: 10,
      settings: {
        backoffStrategy: (attempts, _type, _error, job) => pauseBefore(attempts, job, context.clock),
      },
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
      // Closing by force comes too late: BullMQ then returns the promise of the closing that waits.
      const closed = Promise.all(started.map(({ worker }) => worker.close())).then(() => true);
      const ended = await Promise.race([closed, late]);
      clearTimeout(telling);
      clearTimeout(waiting);
      for (const { connection } of started) connection.disconnect();
      return ended;
    },
  };
}

/** The pauses between tries: twice as long each time, and spread by three tenths. */
export const steadyBackoff = 'steady';

/**
 * BullMQ adds a pause to the machine's own clock. Where that is behind, the job would come at once, and all its tries be
 * used up in a moment; where it is ahead, the others bring the job (`fixDelayedJobs`).
 */
function pauseBefore(attempts: number, job: Pick<Job, 'opts'> | undefined, clock: Clock): number {
  const { delay = 30_000 } = (job?.opts.backoff ?? {}) as { delay?: number };
  const most = delay * 2 ** (attempts - 1);
  const behindMs = Math.max(0, clock().getTime() - Date.now());
  return Math.ceil(most * (0.7 + 0.3 * Math.random()) + behindMs);
}

/** So much before its time a job of a schedule may come. */
const earlyMs = 60_000;

/** When a job of a schedule is due, which its id says; 0 for any other. */
function dueMs(jobId: string): number {
  return Number(/^repeat:.*:(\d+)$/.exec(jobId)?.[1] ?? 0);
}

/** How long a job that this version does not know is handed back before it is given up. */
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
      // In an upgrade a newer process may ask for what only newer workers know: they get their chance.
      if (clock().getTime() - job.timestamp < unknownForMs) await later(2_000);
      const known = jobNames.join(', ');
      throw new FinalFailure({
        code: 'job-unknown',
        message: `No job is named "${job.name}". Known: ${known}.`,
      });
    }
    if (dueMs(id) > clock().getTime() + earlyMs) {
      log.warn(about, 'job of a schedule left alone: a clock that runs ahead brought it before its time');
      return { skipped: 'its time has not come' };
    }
    const payload = parsePayload(job.name, job.data);
    // Ids only, as the catalog has it.
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
    // A campaign sends hundreds a second, and what became of each stands in the database.
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

/** What BullMQ keeps of an error in Redis: its code and a sentence without data. */
function storable(error: unknown, code: string): Error {
  const message = `${code}: ${scrub(error instanceof Error ? error.message : String(error))}`;
  const final = error instanceof FinalFailure || isProblem(error, 'job-payload-wrong');
  const kept = final ? new UnrecoverableError(message) : new Error(message);
  kept.stack = `${kept.name}: ${message}\n${framesOf(error)}`;
  return kept;
}
