import { isIP } from 'node:net';
import { IANAZone } from 'luxon';
import { z } from 'zod';
import { invitePolicySchema } from '../domain/decision/policy.js';
import type { Secret } from '../lib/secret.js';
import { practiceIdPattern } from '../jobs/catalog.js';
import { mailSchema, practiceMailSchema } from '../mailer/settings.js';
import { defaultSettings } from '../web/deps.js';

const timeZone = z
  .string()
  .refine((zone) => IANAZone.isValidZone(zone), 'must be an IANA name such as America/Chicago');
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 02:00');

/** At least 30 days, because the console and the sync read that far back. */
const days = z.int().min(30).max(36_500);

const proxiesWanted = 'must be true, false, or addresses and networks such as "10.0.0.0/8, 192.0.2.7"';
const proxies = z.string().refine((text) => text.split(',').every((part) => isNetwork(part.trim())), proxiesWanted);

const practiceSchema = z.strictObject({
  id: z.string().regex(practiceIdPattern, 'must be lower-case letters, digits and dashes, such as elm-street'),
  name: z.string().trim().min(1).max(200),
  timeZone,
  /** ISO country of phone numbers without a country code. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capitals such as US')
    .default('US'),
  /** Name of a built-in connector, an npm package, or a path that starts with a dot. */
  connector: z.string().min(1).max(200),
  /** Connection settings of the connector; see `pims-sync connectors`. */
  connection: z.record(z.string(), z.unknown()).default({}),
  schedule: z
    .strictObject({
      /** Start of the nightly sync on the practice's own clock. */
      at: timeOfDay.default('02:00'),
      /** Minutes over which the practices' starts are spread, so that not all start at once. */
      spreadMinutes: z.int().min(0).max(360).default(90),
    })
    .prefault({}),
  policy: invitePolicySchema.prefault({}),
  mail: practiceMailSchema.prefault({}),
  /** Clients per page. */
  pageSize: z.int().min(10).max(5000).default(1000),
});

/** Schema of the configuration files; docs/configuration.md describes every setting. */
export const configSchema = z.strictObject({
  /** Public base URL, used in email links. With https, cookies are secure. */
  publicUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, '')),
  mail: mailSchema.partial({ loginUrl: true, resetUrl: true }),
  petApp: z
    .strictObject({
      /** Secret shared with a Pet App that has its own login and reports it by `POST /v1/events/first-login`. */
      eventSecret: z.string().min(16).optional(),
      /** Grace period in minutes: an interrupted first login can continue with the temporary password. */
      graceMinutes: z.number().min(0).max(1440).default(defaultSettings.graceMinutes),
      passwordMinLength: z.int().min(8).max(64).default(defaultSettings.passwordMinLength),
    })
    .prefault({}),
  staff: z
    .strictObject({
      idleMinutes: z.number().min(1).default(60),
      sessionHours: z.number().min(1).default(12),
    })
    .prefault({}),
  web: z
    .strictObject({
      /**
       * Proxies whose `X-Forwarded-*` headers are trusted: `false` for none, `true` for all (only if nothing but the
       * proxy can reach us), or their addresses and networks, separated by commas.
       */
      trustProxy: z.union([z.boolean(), proxies], proxiesWanted).default(false),
      /**
       * Seconds a stopping process continues to serve while `/readyz` reports that it stops, so that the load balancer
       * sends it no more requests. If `/readyz` got no request recently, it stops at once.
       */
      drainSeconds: z.int().min(0).max(60).default(5),
    })
    .prefault({}),
  database: z
    .strictObject({
      /** Maximum connections of one process. All processes together must stay below the server's max_connections. */
      connections: z.int().min(4).max(1000).default(12),
      /** Seconds after which an unanswered statement fails and its connection is closed. 0: never. */
      readTimeoutSeconds: z.int().min(0).max(3600).default(120),
    })
    .prefault({}),
  /** How long records are kept, in days; null keeps them forever. The sweep deletes older ones, a few each minute. */
  retention: z
    .strictObject({
      /** Client copies, with pets, of clients that the PIMS no longer has. */
      missingClientRows: days.nullable().default(365),
      /** SES answers and events for each email. */
      mailHistory: days.nullable().default(730),
      /** Sync runs and their unreadable rows. */
      runs: days.nullable().default(400),
      /** Closed tasks. */
      closedWork: days.nullable().default(400),
      /** Idempotency keys of the API and event ids. */
      receipts: z.int().min(2).max(3650).default(30),
    })
    .prefault({}),
  /** Bearer token with which Prometheus reads `/metrics`; without one only a signed-in operator may read it. */
  metricsToken: z.string().min(16).optional(),
  practices: z.array(practiceSchema).default([]),
});

type Parsed = z.output<typeof configSchema>;
type ParsedPractice = z.output<typeof practiceSchema>;

/** A configured practice. Its connection is a Secret of JSON text, because it contains passwords. */
export type PracticeConfig = Readonly<Omit<ParsedPractice, 'connection'>> & {
  readonly connection: Secret;
  /** Folder of the file that configures it; relative paths start there. */
  readonly baseDir: string;
};

export interface Config extends Readonly<Omit<Parsed, 'practices' | 'mail' | 'petApp' | 'metricsToken'>> {
  readonly databaseUrl: Secret;
  readonly redisUrl: Secret;
  readonly credentialKeys: Secret;
  readonly port: number;
  readonly metricsToken: Secret | null;
  readonly mail: z.output<typeof mailSchema>;
  readonly petApp: Readonly<Omit<Parsed['petApp'], 'eventSecret'>> & { readonly eventSecret: Secret | null };
  readonly practices: readonly PracticeConfig[];
}

/** Whether the text is an IP address or a network in CIDR notation. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
