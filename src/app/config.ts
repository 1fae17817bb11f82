import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { IANAZone } from 'luxon';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { invitePolicySchema } from '../domain/decision/policy.js';
import { Problem } from '../lib/problem.js';
import { Secret } from '../lib/secret.js';
import { practiceIdPattern } from '../jobs/catalog.js';
import { mailSchema, practiceMailSchema } from '../mailer/settings.js';

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
      graceMinutes: z.number().min(0).max(1440).default(30),
      passwordMinLength: z.int().min(8).max(64).default(12),
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
       * sends it no more requests. If nobody asked `/readyz` recently, it stops at once.
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

/**
 * Reads the configuration: the files in `PIMS_SYNC_CONFIG` (comma-separated; practices add up, for other settings later
 * files win) and the environment. Reports every problem at once.
 *
 * @throws Problem `config-wrong`; its message lists every problem with its path
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const files = (env['PIMS_SYNC_CONFIG'] ?? 'config/default.yaml').split(',').map((file) => resolve(file.trim()));
  const read = files.map((file) => readFile(file, problems));
  const readable = problems.length === 0;
  const unset = new Set<string>();
  const documents = read.map((document) => fillIn(document, env, [], { problems, unset }) as typeof document);
  const practices = documents.flatMap((document) => listOf(document['practices']));
  const origins = documents.flatMap((document, at) =>
    listOf(document['practices']).map(() => dirname(files[at] as string)),
  );
  const merged = { ...Object.assign({}, ...documents), practices } as object;
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success && readable) {
    // An error at a value that an unset variable left empty is no second problem.
    const issues = issuesOf(parsed.error, practices).filter(({ path }) => !unset.has(path));
    problems.push(...issues.map(({ path, message }) => `${path}: ${message}`));
  }
  const required = (name: string, example: string): Secret => {
    if (!env[name]) problems.push(`${name} is not set in the environment. Example: ${name}=${example}`);
    return new Secret(env[name] ?? '');
  };
  const databaseUrl = required('DATABASE_URL', 'mysql://pims:password@localhost:3306/pims_sync');
  const redisUrl = required('REDIS_URL', 'redis://localhost:6379');
  const credentialKeys = required('CREDENTIAL_KEYS', '"k1:$(openssl rand -base64 32)"');
  checkUrl('DATABASE_URL', databaseUrl, ['mysql:', 'mariadb:'], problems);
  checkUrl('REDIS_URL', redisUrl, ['redis:', 'rediss:'], problems);
  const port = Number(env['PORT'] ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    problems.push(`PORT is "${env['PORT']}", not a port number.`);
  if (parsed.success) problems.push(...repeatedIds(parsed.data.practices));
  if (problems.length > 0 || !parsed.success) throw problemOf(files, problems);

  const { mail, petApp, metricsToken, ...rest } = parsed.data;
  return deepFreeze({
    ...rest,
    databaseUrl,
    redisUrl,
    credentialKeys,
    port,
    metricsToken: metricsToken ? new Secret(metricsToken) : null,
    mail: {
      ...mail,
      loginUrl: mail.loginUrl ?? `${rest.publicUrl}/app/login`,
      resetUrl: mail.resetUrl ?? `${rest.publicUrl}/app/reset#{token}`,
    },
    petApp: { ...petApp, eventSecret: petApp.eventSecret ? new Secret(petApp.eventSecret) : null },
    practices: rest.practices.map((practice, at) => ({
      ...practice,
      connection: new Secret(JSON.stringify(practice.connection)),
      baseDir: origins[at] as string,
    })),
  });
}

/** @throws Problem `practice-unknown`, naming the configured practices */
export function practiceById(config: Config, id: string): PracticeConfig {
  const found = config.practices.find((practice) => practice.id === id);
  if (found) return found;
  const known = config.practices.map((practice) => practice.id).join(', ') || 'none';
  throw new Problem({
    code: 'practice-unknown',
    message: `No practice has the id "${id}".`,
    help: `Configured practices: ${known}.`,
  });
}

function readFile(file: string, problems: string[]): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(file, 'utf8'), { prettyErrors: true });
    if (document === null) return {};
    if (typeof document !== 'object' || Array.isArray(document)) {
      problems.push(`${file} must contain settings such as "publicUrl: ...".`);
      return {};
    }
    return document as Record<string, unknown>;
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const { line, col } = error.linePos?.[0] ?? { line: '?', col: '?' };
      // The library's message quotes the line, which may contain a password.
      problems.push(`${file}, line ${line}, column ${col}: not valid YAML (${error.code}).`);
    } else {
      const { code } = error as { code?: string };
      problems.push(
        `${file} cannot be read (${code}). Set PIMS_SYNC_CONFIG to an existing file; config/ contains examples.`,
      );
    }
    return {};
  }
}

/** Replaces `${NAME}` by the environment variable's value; `$${` is an escaped `${`. */
function fillIn(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  path: string[],
  found: { problems: string[]; unset: Set<string> },
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      if (whole.startsWith('$$')) return whole.slice(1);
      if (env[name] === undefined) {
        found.unset.add(path.join('.'));
        found.problems.push(`${path.join('.')} uses \${${name}}, which is not set in the environment.`);
      }
      return env[name] ?? '';
    });
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => {
      const list = `${path.at(-1)}[${idOf(item) ?? at}]`;
      return fillIn(item, env, [...path.slice(0, -1), list], found);
    });
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fillIn(item, env, [...path, key], found)]),
    );
  }
  return value;
}

/** Whether the text is an IP address or a network in CIDR notation. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Shows the practice's id in a path instead of its position, because people know practices by name. */
function issuesOf(error: z.ZodError, practices: readonly unknown[]): { path: string; message: string }[] {
  return error.issues.map((issue) => {
    const path = issue.path.map(String);
    if (path[0] === 'practices' && path[1] !== undefined) {
      path.splice(0, 2, `practices[${idOf(practices[Number(path[1])]) ?? path[1]}]`);
    }
    return { path: path.join('.') || 'the file', message: issue.message };
  });
}

function idOf(practice: unknown): string | undefined {
  const { id } = (practice ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}

/** Adds the problems of a URL to `problems`; ignores an empty one, which the caller reports. */
export function checkUrl(name: string, url: Secret, protocols: readonly string[], problems: string[]): void {
  if (url.open() === '') return;
  const ok = URL.canParse(url.open()) && protocols.includes(new URL(url.open()).protocol);
  if (!ok) problems.push(`${name} is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`);
  else if (!isEncoded(new URL(url.open())))
    problems.push(`The user or password in ${name} has an invalid percent-encoding; write %25 for a plain %.`);
  else if (protocols.includes('mysql:') && asksForTlsInVain(new URL(url.open())))
    problems.push(
      `${name} requests TLS with an option that mysql2 does not know; write ?ssl={"rejectUnauthorized":true}, URL-encoded.`,
    );
}

/**
 * Whether the URL requests TLS with an option that mysql2 ignores, such as `sslmode=require`; it would connect without
 * TLS.
 */
function asksForTlsInVain({ searchParams }: URL): boolean {
  return [...searchParams].some(([key, value]) => (key === 'ssl' ? value === 'true' : /ssl|tls/i.test(key)));
}

function isEncoded({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

function repeatedIds(practices: readonly { id: string }[]): string[] {
  const ids = practices.map((practice) => practice.id);
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))].map((id) => `Two practices have the id "${id}".`);
}

function problemOf(files: readonly string[], problems: readonly string[]): Problem {
  const count = problems.length === 1 ? 'One problem' : `${problems.length} problems`;
  return new Problem({
    code: 'config-wrong',
    message: `${count} in the configuration (${files.join(', ')} and the environment):\n  - ${problems.join('\n  - ')}`,
    help: 'Correct them and start again; nothing was started.',
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Secret) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
