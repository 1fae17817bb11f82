import { z } from 'zod';
import { idPattern } from '../lib/ids.js';
import { Problem } from '../lib/problem.js';

const id = z.string().regex(idPattern);

/** The operator chooses practice ids: short, lower case, safe in a URL, a key and a file name. */
export const practiceIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * Every job with its queue and the shape of its payload. A payload contains only ids; the handler reads the current
 * state from the database. A `Secret` cannot be part of a payload: it neither parses nor compiles.
 *
 * Queues are named after the scarce resource each protects: `pims` the practice's server, `mail` the SES rate.
 * `accounts` never waits behind the other two.
 */
export const catalog = {
  'sync-practice': { queueName: 'pims', payload: z.strictObject({ runId: id }) },
  'evaluate-practice': {
    queueName: 'pims',
    payload: z.strictObject({ practiceId: z.string().regex(practiceIdPattern) }),
  },
  'start-nightly-sync': {
    queueName: 'accounts',
    payload: z.strictObject({ practiceId: z.string().regex(practiceIdPattern) }),
  },
  'dispatch-messages': { queueName: 'accounts', payload: z.strictObject({}) },
  'send-message': { queueName: 'mail', payload: z.strictObject({ messageId: id }) },
  'send-staff-message': { queueName: 'mail', payload: z.strictObject({ staffMessageId: id }) },
  'first-login': { queueName: 'accounts', payload: z.strictObject({ accountId: id }) },
  sweep: { queueName: 'accounts', payload: z.strictObject({}) },
} as const satisfies Record<string, { queueName: string; payload: z.ZodType }>;

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
    help: 'Another program or another version of pims-sync added it. The job was refused and changed nothing.',
  });
}

/** Whether a text names a job of the catalog. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(catalog, name);
}
