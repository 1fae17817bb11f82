import { z } from 'zod';
import { idPattern } from '../lib/ids.js';
import { Problem } from '../lib/problem.js';

const id = z.string().regex(idPattern);

/** Practice ids are chosen by the operator: short, lower case, safe in a URL, a key and a file name. */
export const practiceIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/**
 * Every job there is: the queue it runs in and the shape of its payload. A payload holds ids only; whoever handles it
 * asks the database again. A `Secret` cannot be put in: it does not parse and does not compile.
 *
 * Queues are named for the scarce thing each protects: `pims` the practice's server, `mail` the SES rate, and
 * `accounts` is the one that never waits behind the other two.
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
  /** Not before so many milliseconds from now. */
  delayMs?: number;
  /** Smaller goes first; 0 (the default) before all that carry one. At most 2 097 152. */
  priority?: number;
  /** While a job with this key waits, asking again adds none. Never holds personal data. */
  key?: string;
}

/** Asks for a job. The queue only says when: what must happen is in the database before this is called. */
export type Enqueue = <N extends JobName>(name: N, payload: Payload<N>, options?: EnqueueOptions) => Promise<void>;

/** Asks for many jobs of one name in few round trips. */
export type EnqueueMany = <N extends JobName>(
  name: N,
  jobs: readonly { payload: Payload<N>; options?: EnqueueOptions }[],
) => Promise<void>;

/**
 * What a handler did: `skipped` says there was nothing to do, which is a result, not an error; `retryInMs` that it is not
 * its turn yet, and the same job comes again after so long.
 */
export type Outcome = { did: string } | { skipped: string } | { retryInMs: number };

/** What the queue lends to a handler. */
export interface JobContext {
  jobId: string;
  /** True when no further try follows: what fails now stays failed until a person or a sweep asks again. */
  isFinalAttempt: boolean;
  /** Aborts when the worker must stop; the handler ends at its next safe point. */
  signal: AbortSignal;
  /** Tells staff how far it is. */
  progress(value: Record<string, number | string>): Promise<void>;
  /** What else the log lines of this job name; ids only. */
  about(ids: { practiceId: string }): void;
}

/** A failure that no further try can mend; the queue does not try again. */
export class FinalFailure extends Problem {}

export type Handler<N extends JobName> = (payload: Payload<N>, context: JobContext) => Promise<Outcome>;
export type Handlers = { [N in JobName]: Handler<N> };

/** @throws Problem `job-payload-wrong`; the payload itself is not repeated, only what is wrong with it */
export function parsePayload<N extends JobName>(name: N, payload: unknown): Payload<N> {
  const parsed = catalog[name].payload.safeParse(payload);
  if (parsed.success) return parsed.data as Payload<N>;
  throw new Problem({
    code: 'job-payload-wrong',
    message: `A ${name} job carries a payload it must not: ${z.prettifyError(parsed.error)}`,
    help: 'Something other than this version of pims-sync added it; it was refused and changed nothing.',
  });
}

/** Whether a text names a job of the catalog. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(catalog, name);
}
