import { z } from 'zod';
import { Problem } from '../../src/lib/problem.js';

const probability = z.number().min(0).max(1).default(0);

/** Strikes the next `next` emails for certain, and every other one with `probability`. */
const fault = z.strictObject({ next: z.int().min(0).default(0), probability }).prefault({});

export const outcomeNames = [
  'delivery',
  'bounce',
  'soft-bounce',
  'complaint',
  'delay',
  'suppressed',
  'reject',
  'out-of-office',
  'silence',
] as const;

/** What becomes of an email after SES took it. `silence`: the Send event comes and nothing after it. */
export type Outcome = (typeof outcomeNames)[number];

const outcome = z.enum(outcomeNames);

const notify = z.strictObject({
  /** Where the events go: the subscriber's address, for example http://127.0.0.1:3000/v1/ses-events. */
  url: z.url({ protocol: /^https?$/ }),
  topicArn: z.string().default('arn:aws:sns:us-east-1:000000000000:ses-events'),
  /** SNS signs with SHA1 (`1`, still its default) or SHA256 (`2`). */
  signatureVersion: z.enum(['1', '2']).default('2'),
  /** The SigningCertURL to claim, where it must look like one of AWS. Left out: where the certificate is. */
  signingCertUrl: z.url().optional(),
  /** Only emails that name this configuration set raise events, as in SES. Left out: every email does. */
  configurationSet: z.string().optional(),
  /** Events start at once, without the subscription handshake. */
  confirmed: z.boolean().default(false),
  /** What follows the Send event comes this many milliseconds after it, evenly spread. */
  delayMs: z.strictObject({ min: z.number().min(0), max: z.number().min(0) }).default({ min: 0, max: 0 }),
  /** The share of events delivered a second time, with the same MessageId. */
  duplicate: probability,
  /** The share of events held back for `holdMs`, so that later ones overtake them. */
  reorder: probability,
  holdMs: z.number().min(0).default(50),
  /** SNS tries 50 times in all; the waits here are shorter than its own. */
  retries: z
    .strictObject({
      attempts: z.int().min(1).default(50),
      baseMs: z.number().min(0).default(200),
      maxMs: z.number().min(0).default(5_000),
    })
    .prefault({}),
});

/** What may change while the endpoint runs. */
const changeable = z.strictObject({
  /** Recipients a second, as GetSendQuota tells it. */
  maxSendRate: z.number().positive().default(14),
  /** Recipients that may go at once above the rate; SES tolerates short bursts. Default: one second's worth. */
  burst: z.number().positive().optional(),
  /** Recipients in any 24 hours; -1 means no limit. */
  max24HourSend: z.int().min(-1).default(50_000),
  sendingEnabled: z.boolean().default(true),
  /** Addresses and domains that may stand in From. Left out: all of them. */
  verifiedIdentities: z.array(z.string()).optional(),
  /** Names that exist. Left out: any name does. */
  configurationSets: z.array(z.string()).optional(),
  slowAnswersMs: z.number().min(0).default(0),
  faults: z
    .strictObject({
      /** The connection breaks and the email was NOT accepted. */
      dropRequests: fault,
      /** The connection breaks and the email WAS accepted: the sender cannot tell the two apart. */
      loseAnswers: fault,
      /** HTTP 500 InternalFailure, not accepted. */
      fail500: fault,
      /** Throttling, not accepted, whatever the rate. */
      throttle: fault,
    })
    .prefault({}),
  /** First match wins; `*` stands for anything. Before them stand the addresses of the SES simulator. */
  outcomes: z.array(z.strictObject({ address: z.string(), outcome: z.union([outcome, z.array(outcome)]) })).default([]),
  notify: notify.optional(),
});

const schema = changeable.extend({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0),
  /** How others reach this endpoint, where that differs from host and port (containers). */
  publicUrl: z.url().optional(),
  region: z.string().default('us-east-1'),
  /** Recipients already counted in the last 24 hours at start. */
  sentLast24Hours: z.int().min(0).default(0),
  /** Of every random choice made here. */
  seed: z.int().default(1),
  /** The mailbox forgets the oldest emails beyond either bound; the counts never forget. */
  keep: z
    .strictObject({
      mails: z.int().min(1).default(20_000),
      bytes: z
        .int()
        .min(1)
        .default(256 * 1024 * 1024),
    })
    .prefault({}),
});

export type LocalSesOptions = z.input<typeof schema>;
export type LocalSesSettings = z.output<typeof schema>;
export type ChangeableOptions = Partial<z.input<typeof changeable>>;
export type NotifySettings = z.output<typeof notify>;
export type FaultName = keyof LocalSesSettings['faults'];

/** Options with every default filled in. @throws Problem `local-ses-options` naming each bad one. */
export function readOptions(options: unknown): LocalSesSettings {
  return parsed(schema, options);
}

/**
 * The settings after a change. A named option replaces the old one whole, except `faults`,
 * where each fault not named keeps running. @throws Problem `local-ses-options`
 */
export function changeOptions(settings: LocalSesSettings, change: unknown): LocalSesSettings {
  const given = parsed(changeable.partial(), change);
  const named = Object.fromEntries(
    Object.entries(given).filter(([name]) => name in (change as Record<string, unknown>)),
  ) as Partial<LocalSesSettings>;
  const struck = (change as ChangeableOptions).faults ?? {};
  const faults = { ...settings.faults };
  for (const name of Object.keys(struck) as FaultName[]) faults[name] = given.faults![name];
  return { ...settings, ...named, faults };
}

function parsed<T>(type: z.ZodType<T>, value: unknown): T {
  const result = type.safeParse(value);
  if (result.success) return result.data;
  throw new Problem({
    code: 'local-ses-options',
    message: `The options of the local SES endpoint are not right: ${z.prettifyError(result.error)}`,
    help: 'src/demo/ses/options.ts lists every option with its meaning.',
    cause: result.error,
  });
}
