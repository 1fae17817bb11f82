import { z } from 'zod';
import { idPattern } from '../lib/ids.js';
import { Problem } from '../lib/problem.js';

const id = z.string().regex(idPattern);

/** The operator chooses practice ids: short, lower case, safe in a URL, a key and a file name. */
export const practiceIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Everything that holds for all jobs of one name. */
export interface JobDefinition {
  /** Queues are named after the scarce resource that each protects: `pims` the practice's server, `mail` the SES rate. */
  queueName: string;
  /** Contains only ids. A `Secret` cannot be part of a payload: it neither parses nor compiles. */
  payload: z.ZodType;
  /** Attempts before a failing job becomes a dead letter. */
  attempts: number;
  /** Delay before the second attempt, in milliseconds; each later delay is twice as long. */
  backoffMs: number;
  /** How many finished jobs the queue board can show. */
  keepDone: number;
  /** For a person who reads a dead letter. */
  purpose: string;
  /** Tells why a dead job of this name needs no replay; left out if the database decides. */
  repeatedBy?: string;
}

const usual = { attempts: 1, backoffMs: 30_000, keepDone: 500 } as const;
const onlyPractice = z.strictObject({ practiceId: z.string().regex(practiceIdPattern) });
const onlyRegular = { payload: z.strictObject({}), repeatedBy: 'it is enqueued again automatically within a minute' };

/**
 * Every job with its queue, payload, attempts and retention. A handler reads the current state from the database.
 * `accounts` never waits behind the other two queues.
 */
export const catalog = {
  'sync-practice': {
    ...usual,
    queueName: 'pims',
    payload: z.strictObject({ runId: id }),
    // About half an hour, so that a restart of the practice's server is no failure.
    attempts: 6,
    purpose: 'read a practice’s clients',
  },
  'evaluate-practice': {
    ...usual,
    queueName: 'pims',
    payload: onlyPractice,
    attempts: 6,
    purpose: 'evaluate clients for invitations',
  },
  'start-nightly-sync': {
    ...usual,
    queueName: 'accounts',
    payload: onlyPractice,
    attempts: 5,
    purpose: 'start the nightly sync',
    repeatedBy: 'the sweep starts a missed nightly sync',
  },
  'dispatch-messages': {
    ...usual,
    ...onlyRegular,
    queueName: 'accounts',
    purpose: 'pick the next emails to send',
  },
  'send-message': {
    ...usual,
    queueName: 'mail',
    payload: z.strictObject({ messageId: id }),
    // The database holds the outbox, and keeping these jobs costs Redis a third of its work.
    keepDone: 0,
    purpose: 'send an email',
  },
  'first-login': {
    ...usual,
    queueName: 'accounts',
    payload: z.strictObject({ accountId: id }),
    attempts: 10,
    backoffMs: 500,
    purpose: 'clear the temporary password of a pet parent who has logged in',
  },
  sweep: { ...usual, ...onlyRegular, queueName: 'accounts', purpose: 'find pending work that has no job' },
} as const satisfies Record<string, JobDefinition>;

/** The share by which each delay between two attempts is shortened at random, 0 to 1. */
export const backoffJitter = 0.3;
/** Dead letters that Redis keeps: how many, and for how many seconds. */
export const deadLetterRetention = { count: 10_000, age: 14 * 24 * 3600 };

export type JobName = keyof typeof catalog;
export type QueueName = (typeof catalog)[JobName]['queueName'];
export type Payload<N extends JobName> = z.infer<(typeof catalog)[N]['payload']>;

export const queueNames = ['pims', 'mail', 'accounts'] as const satisfies readonly QueueName[];
export const jobNames = Object.keys(catalog) as JobName[];

export interface EnqueueOptions {
  /** Minimum delay in milliseconds from now. */
  delayMs?: number;
  /** Smaller runs first; jobs without one (0, the default) run before all others. At most 2 097 152. */
  priority?: number;
  /** While a job with this key waits, adding another does nothing. Never contains personal data. */
  key?: string;
}

/** Adds a job. The queue only schedules work: record the work in the database before you call this. */
export type Enqueue = <N extends JobName>(name: N, payload: Payload<N>, options?: EnqueueOptions) => Promise<void>;

/** Adds many jobs of one name in few round trips. */
export type EnqueueMany = <N extends JobName>(
  name: N,
  jobs: readonly { payload: Payload<N>; options?: EnqueueOptions }[],
) => Promise<void>;

/**
 * Result of a handler. `skipped`: there was nothing to do, which is no error. `retryInMs`: the job must wait and runs
 * again after that time.
 */
export type Outcome = { did: string } | { skipped: string } | { retryInMs: number };

/** What a handler gets from the queue besides the payload. */
export interface JobContext {
  jobId: string;
  /** True if no further attempt follows: a failure is then final until a person or a sweep enqueues the work again. */
  isFinalAttempt: boolean;
  /** Aborts when the worker must stop; the handler ends at its next safe point. */
  signal: AbortSignal;
  /** Reports progress to staff. */
  progress(value: Record<string, number | string>): Promise<void>;
  /** Adds ids to the log lines of this job; ids only. */
  about(ids: { practiceId: string }): void;
}

/** A failure that no retry can fix; the queue does not retry it. */
export class FinalFailure extends Problem {}

export type Handler<N extends JobName> = (payload: Payload<N>, context: JobContext) => Promise<Outcome>;
export type Handlers = { [N in JobName]: Handler<N> };

/** @throws Problem `job-payload-wrong`; names the errors, never repeats the payload */
export function parsePayload<N extends JobName>(name: N, payload: unknown): Payload<N> {
  const parsed = catalog[name].payload.safeParse(payload);
  if (parsed.success) return parsed.data as Payload<N>;
  throw new Problem({
    code: 'job-payload-wrong',
    message: `A ${name} job has an invalid payload: ${z.prettifyError(parsed.error)}`,
  });
}

/** Returns the definition of a job. */
export function jobDefinition(name: JobName): JobDefinition {
  return catalog[name];
}

/** Whether a text names a job of the catalog. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(catalog, name);
}
