import { DelayedError, Queue, UnrecoverableError, Worker, type Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Clock } from '../domain/ids.js';
import { codeOf, isProblem } from '../domain/problem.js';
import { scrub } from '../domain/scrub.js';
import type { Secret } from '../domain/secret.js';
import {
  catalog, FinalFailure, isJobName, jobNames, lanes, parsePayload,
  type Ask, type AskMany, type AskOptions, type Handlers, type JobName, type Lane,
} from './catalog.js'; // prettier-ignore
import { depthOf, type LaneDepth } from './bullmq-depths.js';
import { bringMisdated, setSchedules, type Schedule } from './bullmq-schedules.js';
import { queueTelemetry } from './bullmq-traces.js';
import { askingConnection, redisProblem, workingConnection } from './redis.js';

/** All keys of ours share one hash tag, so that a Redis cluster keeps each queue's keys together. */
const prefix = '{pims-sync}';

const bulkSize = 1000;

export interface JobLog {
  /** What is worth a line only to who looks for it. */
  debug?(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export type { LaneDepth, Schedule };

export interface Queues {
  ask: Ask;
  askMany: AskMany;
  /** Sets exactly these schedules of the given prefix and removes those no longer listed. */
  setSchedules(idPrefix: string, schedules: readonly Schedule[]): Promise<void>;
  /**
   * True for one of all processes that ask within such a time, and then again for one. Goes by Redis' clock alone, so
   * a process whose clock is wrong takes no turn from the others for longer.
   */
  takeTurn(what: string, everyMs: number): Promise<boolean>;
  /** Brings the jobs that a worker whose clock ran ahead put off for too long. @returns how many there were */
  bringMisdated(): Promise<number>;
  depths(): Promise<LaneDepth[]>;
  /** Whether jobs wait for a worker of the lane. */
  isFull(lane: Lane): Promise<boolean>;
  /** At most `perSecond` mail jobs start a second, over all workers. */
  setMailRate(perSecond: number): Promise<void>;
  /** The BullMQ queues themselves, for an operator's board. */
  raw: readonly Queue[];
  close(): Promise<void>;
}

/**
 * Opens the queues for asking. Connects at once.
 *
 * @param clock whose time what is asked for later is dated by
 * @throws Problem `redis-unreachable`, `redis-login-refused`
 */
export async function openQueues(url: Secret, log: JobLog, clock: Clock = () => new Date()): Promise<Queues> {
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
  const optionsOf = (name: JobName, options?: AskOptions): JobsOptions => {
    return { timestamp: clock().getTime(), ...toJobOptions(name, options) };
  };

  return {
    async ask(name, payload, options) {
      await queueOf(name).add(name, parsePayload(name, payload), optionsOf(name, options));
    },
    async askMany(name, jobs) {
      const bulk = jobs.map(({ payload, options }) => ({
        name,
        data: parsePayload(name, payload),
        opts: optionsOf(name, options),
      }));
      // In pieces, each of which Redis answers in time however many there are.
      for (let at = 0; at < bulk.length; at += bulkSize)
        await queueOf(name).addBulk(bulk.slice(at, at + bulkSize));
    },
    setSchedules: (idPrefix, schedules) => setSchedules(queues, redis, idPrefix, schedules, toJobOptions),
    async takeTurn(what, everyMs) {
      const key = `${prefix}:turn:${what}`;
      // A little less than the time itself: timers of the same length must not miss each other's end every second time.
      const ms = Math.ceil(everyMs * 0.9);
      if ((await redis.set(key, '1', 'PX', ms, 'NX')) === 'OK') return true;
      // Redis' own clock was set back.
      if ((await redis.pttl(key)) > ms) await redis.pexpire(key, ms);
      return false;
    },
    bringMisdated: () => bringMisdated(queues, redis),
    async depths() {
      const now = clock().getTime();
      return Promise.all([...queues].map(([lane, queue]) => depthOf(lane, queue, now)));
    },
    async isFull(lane) {
      const queue = queues.get(lane) as Queue;
      return (await queue.getJobCountByTypes('waiting', 'prioritized')) > 0;
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
  /**
   * Takes no more jobs and waits for those running, which are told after half the deadline. What does not end within
   * `deadlineMs` is left: its lock runs out, and another worker takes it.
   *
   * @returns false when something was left, which may keep this process from ending by itself
   */
  close(deadlineMs: number): Promise<boolean>;
}

export interface WorkerOptions {
  lanes: readonly Lane[];
  concurrency: Partial<Record<Lane, number>>;
  /** Whose time a job that is not due yet is dated by; left out, the machine's. */
  clock?: Clock;
}

/** Mails spend most of their time waiting, and what waits together is claimed and written down together. */
const usualConcurrency: Record<Lane, number> = { pims: 3, mail: 100, accounts: 10 };

/** Starts one BullMQ worker for each lane. */
export function startWorkers(url: Secret, handlers: Handlers, options: WorkerOptions, log: JobLog): Workers {
  const stopping = new AbortController();
  const context = { signal: stopping.signal, clock: options.clock ?? (() => new Date()) };
  const started = options.lanes.map((lane) => {
    const connection = workingConnection(url, quietly(log));
    const worker = new Worker(lane, (job: Job, token) => run(job, token, handlers, context, log), {
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
      const telling = setTimeout(
        () => stopping.abort(new Error('The worker is stopping.')),
        deadlineMs * 0.5,
      );
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
    const payload = parsePayload(job.name, job.data);
    // Ids only, as the catalog has it.
    Object.assign(about, payload);
    const handler = handlers[job.name] as (payload: unknown, context: object) => Promise<object>;
    const outcome = await handler(payload, {
      jobId: id,
      lastTry: job.attemptsMade + 1 >= (job.opts.attempts ?? 1),
      signal,
      progress: (value: object) => job.updateProgress(value),
      about: (ids: object) => void Object.assign(about, ids),
    });
    if ('laterMs' in outcome) return await later(outcome.laterMs as number);
    const done = { ...about, ...outcome };
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

/** Connection errors repeat many times a second while Redis is away; one line in five seconds is enough. */
function quietly(log: JobLog): (error: Error) => void {
  let last = 0;
  return (error) => {
    if (Date.now() - last < 5000) return;
    last = Date.now();
    log.warn({ error: scrub(error.message) }, 'Redis is away or refuses; work goes on when it is back');
  };
}
