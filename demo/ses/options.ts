import { z } from 'zod';
import { ToolProblem } from '../tool-problem.js';

const probability = z.number().min(0).max(1).default(0);

/** Applies to the next `next` emails, then to every other email with `probability`. */
const fault = z.strictObject({ next: z.int().min(0).default(0), probability }).prefault({});

const outcomeNames = [
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

/** The outcome of an email after SES accepted it. `silence`: no event follows the Send event. */
export type Outcome = (typeof outcomeNames)[number];

const outcome = z.enum(outcomeNames);

const notify = z.strictObject({
  /** URL of the subscriber to the events, for example http://127.0.0.1:3000/v1/ses-events. */
  url: z.url({ protocol: /^https?$/ }),
  topicArn: z.string().default('arn:aws:sns:us-east-1:000000000000:ses-events'),
  /** Signature of SNS: SHA1 (`1`, still its default) or SHA256 (`2`). */
  signatureVersion: z.enum(['1', '2']).default('2'),
  /** The SigningCertURL to send, if it must look like one of AWS. Default: the real URL of the certificate. */
  signingCertUrl: z.url().optional(),
  /** Only emails with this configuration set raise events, as in SES. Default: every email does. */
  configurationSet: z.string().optional(),
  /** Events start at once, without the subscription handshake. */
  confirmed: z.boolean().default(false),
  /** Delay between the Send event and the next event, in milliseconds, evenly distributed. */
  delayMs: z.strictObject({ min: z.number().min(0), max: z.number().min(0) }).default({ min: 0, max: 0 }),
  /** The share of events delivered a second time, with the same MessageId. */
  duplicate: probability,
  /** The share of events delayed by `holdMs`, so that later ones overtake them. */
  reorder: probability,
  holdMs: z.number().min(0).default(50),
  /** Retries of a delivery. SNS tries 50 times in total; the delays here are shorter than those of SNS. */
  retries: z
    .strictObject({
      attempts: z.int().min(1).default(50),
      baseMs: z.number().min(0).default(200),
      maxMs: z.number().min(0).default(5_000),
    })
    .prefault({}),
});

/** Options that can change while the endpoint runs. */
const changeable = z.strictObject({
  /** Recipients per second, as GetSendQuota returns it. */
  maxSendRate: z.number().positive().default(14),
  /** Burst above the rate, in recipients; SES tolerates short bursts. Default: one second of the rate. */
  burst: z.number().positive().optional(),
  /** Recipients in any 24 hours; -1 means no limit. */
  max24HourSend: z.int().min(-1).default(50_000),
  sendingEnabled: z.boolean().default(true),
  /** Addresses and domains allowed in From. Default: all. */
  verifiedIdentities: z.array(z.string()).optional(),
  /** Existing configuration sets. Default: every name exists. */
  configurationSets: z.array(z.string()).optional(),
  slowAnswersMs: z.number().min(0).default(0),
  faults: z
    .strictObject({
      /** The connection breaks and the email was NOT accepted. */
      dropRequests: fault,
      /** The connection breaks and the email WAS accepted; the sender cannot distinguish this from `dropRequests`. */
      loseAnswers: fault,
      /** HTTP 500 InternalFailure, not accepted. */
      fail500: fault,
      /** Throttling at any rate, not accepted. */
      throttle: fault,
    })
    .prefault({}),
  /** Outcomes by address; the first match wins, `*` matches any text. The addresses of the SES simulator come first. */
  outcomes: z.array(z.strictObject({ address: z.string(), outcome: z.union([outcome, z.array(outcome)]) })).default([]),
  notify: notify.optional(),
});

const schema = changeable.extend({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(0),
  /** URL at which others reach this endpoint, if it differs from host and port (containers). */
  publicUrl: z.url().optional(),
  region: z.string().default('us-east-1'),
  /** Recipients that count as sent in the 24 hours before the start. */
  sentLast24Hours: z.int().min(0).default(0),
  /** Seed of all random choices. */
  seed: z.int().default(1),
  /** Limits of the mailbox, which drops the oldest emails beyond either one. The counts have no limit. */
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

/** Validates options and fills in the defaults. @throws Problem `local-ses-options` that names each invalid option */
export function readOptions(options: unknown): LocalSesSettings {
  return parsed(schema, options);
}

/**
 * Returns the settings after a change. A given option replaces the old value completely, except `faults`: faults
 * that are not given stay active. @throws Problem `local-ses-options`
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
  throw new ToolProblem({
    code: 'local-ses-options',
    message: `The options of the local SES endpoint are invalid: ${z.prettifyError(result.error)}`,
    help: 'demo/ses/options.ts describes every option.',
    cause: result.error,
  });
}
