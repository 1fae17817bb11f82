import { DelayedError, Queue, UnrecoverableError, Worker, type Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { codeOf, isProblem } from '../domain/problem.js';
import { scrub } from '../domain/scrub.js';
import type { Secret } from '../domain/secret.js';
import {
  catalog, FinalFailure, isJobName, jobNames, lanes, parsePayload,
  type Ask, type AskMany, type AskOptions, type Handlers, type JobName, type Lane, type Payload,
} from './catalog.js'; // prettier-ignore
import { queueTelemetry } from './bullmq-traces.js';
import { askingConnection, redisProblem, workingConnection } from './redis.js';

/** All keys of ours share one hash tag, so that a Redis cluster keeps each queue's keys together. */
const prefix = '{pims-sync}';

export interface JobLog {
  /** What is worth a line only to who looks for it. */
  debug?(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface Schedule<N extends JobName = JobName> {
  /** Names the schedule; setting it again replaces it. */
  id: string;
  name: N;
  payload: Payload<N>;
  when: { everyMs: number } | { cron: string; timeZone: string };
}

export interface LaneDepth {
  lane: Lane;
  waiting: number;
  active: number;
  delayed: number;
  failed: number;
  /** Age of the job that has waited longest, in milliseconds. */
  oldestMs: number;
}

export interface Queues {
  ask: Ask;
  askMany: AskMany;
  /** Sets exactly these schedules of the given prefix and removes those no longer listed. */
  setSchedules(idPrefix: string, schedules: readonly Schedule[]): Promise<void>;
  depths(): Promise<LaneDepth[]>;
  /** At most `perSecond` mail jobs start a second, over all workers. */
  setMailRate(perSecond: number): Promise<void>;
  /** The BullMQ queues themselves, for an operator's board. */
  raw: readonly Queue[];
  close(): Promise<void>;
}

/** Opens the queues for asking. Connects at once. @throws Problem `redis-unreachable`, `redis-login-refused` */
export async function openQueues(url: Secret, log: JobLog): Promise<Queues> {
  let why: Error | null = null;
  const tell = quietly(log);
  const redis = askingConnection(url, (error) => {
    why = error;
    tell(error);
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    // A connection that fails says "closed"; why stands in the event before.
    throw redisProblem(why ?? error);
  }
  const queues = new Map(lanes.map((lane) => [lane, openQueue(lane, redis, log)]));
  const queueOf = (name: JobName) => queues.get(catalog[name].lane) as Queue;

  return {
    async ask(name, payload, options) {
      await queueOf(name).add(name, parsePayload(name, payload), toJobOptions(name, options));
    },
    async askMany(name, jobs) {
      const bulk = jobs.map(({ payload, options }) => ({
        name,
        data: parsePayload(name, payload),
        opts: toJobOptions(name, options),
      }));
      if (bulk.length > 0) await queueOf(name).addBulk(bulk);
    },
    async setSchedules(idPrefix, schedules) {
      for (const { id, name, payload, when } of schedules) {
        const repeat =
          'everyMs' in when ? { every: when.everyMs } : { pattern: when.cron, tz: when.timeZone };
        await queueOf(name).upsertJobScheduler(idPrefix + id, repeat, {
          name,
          data: payload,
          opts: toJobOptions(name),
        });
      }
      const wanted = new Set(schedules.map(({ id }) => idPrefix + id));
      for (const queue of queues.values()) {
        for (const { key } of await queue.getJobSchedulers()) {
          if (key.startsWith(idPrefix) && !wanted.has(key)) await queue.removeJobScheduler(key);
        }
      }
    },
    async depths() {
      return Promise.all([...queues].map(([lane, queue]) => depthOf(lane, queue)));
    },
    async setMailRate(perSecond) {
      // BullMQ opens a window with its first job, so each one begins a few milliseconds late and that time is lost:
      // short ones lose a tenth of the rate on a busy machine. Half a second loses 1 %, stays within the bursts
      // that SES bears, and whoever is urgent waits no longer than that.
      const max = Math.max(1, Math.round(perSecond / 2));
      await queues.get('mail')?.setGlobalRateLimit(max, Math.round((max / perSecond) * 1000));
    },
    raw: [...queues.values()],
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

export interface Workers {
  /** Takes no more jobs, waits for those running, and after `deadlineMs` hands back what is left. */
  close(deadlineMs: number): Promise<void>;
}

export interface WorkerOptions {
  lanes: readonly Lane[];
  concurrency: Partial<Record<Lane, number>>;
}

/** Mails spend most of their time waiting, and what waits together is claimed and written down together. */
const usualConcurrency: Record<Lane, number> = { pims: 3, mail: 100, accounts: 10 };

/** Starts one BullMQ worker for each lane. */
export function startWorkers(url: Secret, handlers: Handlers, options: WorkerOptions, log: JobLog): Workers {
  const stopping = new AbortController();
  const started = options.lanes.map((lane) => {
    const connection = workingConnection(url, quietly(log));
    const worker = new Worker(lane, (job: Job, token) => run(job, token, handlers, stopping.signal, log), {
      connection,
      prefix,
      concurrency: options.concurrency[lane] ?? usualConcurrency[lane],
      // A worker that died is noticed within half a minute; its jobs run again and find what is already done.
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
      const deadline = setTimeout(
        () => stopping.abort(new Error('The worker is stopping.')),
        deadlineMs * 0.5,
      );
      const forced = new Promise<'forced'>((resolve) => setTimeout(resolve, deadlineMs, 'forced').unref());
      const closed = Promise.all(started.map(({ worker }) => worker.close()));
      if ((await Promise.race([closed, forced])) === 'forced') {
        await Promise.all(started.map(({ worker }) => worker.close(true)));
      }
      clearTimeout(deadline);
      for (const { connection } of started) connection.disconnect();
    },
  };
}

/** How long a job that this version does not know is handed back before it is given up. */
const unknownForMs = 10 * 60_000;

async function run(
  job: Job,
  token: string | undefined,
  handlers: Handlers,
  signal: AbortSignal,
  log: JobLog,
): Promise<unknown> {
  const id = job.id ?? '';
  const about = { job: job.name, jobId: id, attempt: job.attemptsMade + 1 };
  try {
    if (!isJobName(job.name)) {
      // In an upgrade a newer process may ask for what only newer workers know: they get their chance.
      if (Date.now() - job.timestamp < unknownForMs) {
        await job.moveToDelayed(Date.now() + 2_000, token);
        throw new DelayedError();
      }
      const known = jobNames.join(', ');
      throw new FinalFailure({
        code: 'job-unknown',
        message: `No job is named "${job.name}". Known: ${known}.`,
      });
    }
    const payload = parsePayload(job.name, job.data);
    const handler = handlers[job.name] as (payload: unknown, context: object) => Promise<object>;
    const outcome = await handler(payload, {
      jobId: id,
      lastTry: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      signal,
      progress: (value: object) => job.updateProgress(value),
    });
    if ('laterMs' in outcome) {
      await job.moveToDelayed(Date.now() + (outcome.laterMs as number), token);
      throw new DelayedError();
    }
    const done = { ...about, ...payload, ...outcome };
    // A wave sends hundreds a second, and what became of each stands in the database.
    if (job.name === 'send-welcome') log.debug?.(done, 'job done');
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

function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 12).join('\n'); // prettier-ignore
}

function openQueue(lane: Lane, connection: Redis, log: JobLog): Queue {
  const queue = new Queue(lane, {
    connection,
    prefix,
    skipWaitingForReady: true,
    ...queueTelemetry(process.env),
  });
  queue.on('error', quietly(log));
  return queue;
}

/** Tries and pauses by job. A sync that fails is tried again for about half an hour; a sweep is simply swept again. */
function toJobOptions(name: JobName, options: AskOptions = {}): JobsOptions {
  const attempts: Record<JobName, number> = {
    'sync-practice': 6,
    'settle-practice': 6,
    'start-night': 5,
    'dispatch-welcomes': 1,
    'send-welcome': 1,
    'send-staff-mail': 1,
    'first-login': 10,
    sweep: 1,
  };
  return {
    attempts: attempts[name],
    backoff: { type: 'exponential', delay: name === 'first-login' ? 500 : 30_000, jitter: 0.3 },
    // Of mails nothing is kept: their ledger is the database, and keeping costs Redis a third of its work.
    removeOnComplete: name === 'send-welcome' ? true : { count: 500 },
    removeOnFail: { count: 10_000, age: 14 * 24 * 3600 },
    ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    // Deduplication, not a job id: an id stays taken while a finished job is kept, and would swallow a resend.
    ...(options.key === undefined ? {} : { deduplication: { id: `${name}-${options.key}` } }),
  };
}

async function depthOf(lane: Lane, queue: Queue): Promise<LaneDepth> {
  const counts = await queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed');
  const [oldest] = await queue.getJobs(['waiting', 'prioritized'], 0, 0, true);
  return {
    lane,
    waiting: (counts['waiting'] ?? 0) + (counts['prioritized'] ?? 0),
    active: counts['active'] ?? 0,
    delayed: counts['delayed'] ?? 0,
    failed: counts['failed'] ?? 0,
    oldestMs: oldest ? Math.max(0, Date.now() - oldest.timestamp) : 0,
  };
}

/** Connection errors repeat many times a second while Redis is away; one line in five seconds is enough. */
function quietly(log: JobLog): (error: Error) => void {
  let last = 0;
  return (error) => {
    if (Date.now() - last < 5000) return;
    last = Date.now();
    log.warn({ error: scrub(error.message) }, 'Redis is away or refuses; work goes on when it is back');
  };
}
