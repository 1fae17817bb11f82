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

/** Shorter would forget what the console and the sync still look at. */
const days = z.int().min(30).max(36_500);

const proxiesWanted = 'must be true, false, or addresses and networks such as "10.0.0.0/8, 192.0.2.7"';
const proxies = z.string().refine((text) => text.split(',').every((part) => isNetwork(part.trim())), proxiesWanted);

const practiceSchema = z.strictObject({
  id: z.string().regex(practiceIdPattern, 'must be lower-case letters, digits and dashes, such as elm-street'),
  name: z.string().trim().min(1).max(200),
  timeZone,
  /** ISO country, for phones written without one. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capitals such as US')
    .default('US'),
  /** A built-in connector's name, an npm package, or a path that starts with a dot. */
  connector: z.string().min(1).max(200),
  /** What that connector needs to connect; see `pims-sync connectors`. */
  connection: z.record(z.string(), z.unknown()).default({}),
  schedule: z
    .strictObject({
      /** When the night begins on the practice's own clock. */
      at: timeOfDay.default('02:00'),
      /** Practices begin spread over so many minutes, so that not all start at once. */
      spreadMinutes: z.int().min(0).max(360).default(90),
    })
    .prefault({}),
  policy: invitePolicySchema.prefault({}),
  mail: practiceMailSchema.prefault({}),
  /** Clients a page. */
  pageSize: z.int().min(10).max(5000).default(1000),
});

/** What the configuration files may hold; docs/configuration.md tells all of it. */
export const configSchema = z.strictObject({
  /** Where browsers reach us; links in emails and cookies follow it. */
  publicUrl: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, '')),
  mail: mailSchema.partial({ loginUrl: true, resetUrl: true }),
  petApp: z
    .strictObject({
      /** Shared with a Pet App that does its own log-in and tells us by `POST /v1/events/first-login`. */
      eventSecret: z.string().min(16).optional(),
      /** How long an abandoned first login can be continued with the temporary password. */
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
       * Whose `X-Forwarded-*` headers are believed: `false` nobody's, `true` everybody's (only where nothing but the proxy
       * can reach us), or the proxies' addresses and networks, separated by commas.
       */
      trustProxy: z.union([z.boolean(), proxies], proxiesWanted).default(false),
      /**
       * Asked to stop, a process goes on serving for so long and says on `/readyz` that it stops, so that whoever asks
       * there sends nobody more. It stops at once when nobody has asked there lately.
       */
      drainSeconds: z.int().min(0).max(60).default(5),
    })
    .prefault({}),
  database: z
    .strictObject({
      /** Connections that one process opens at most. All processes together stay below the server's max_connections. */
      connections: z.int().min(4).max(1000).default(12),
      /** A statement that the server leaves unanswered for so long is given up, with its connection. 0: never. */
      readTimeoutSeconds: z.int().min(0).max(3600).default(120),
    })
    .prefault({}),
  /** How long things are kept, in days; null keeps them for ever. The sweep forgets the rest, a little each minute. */
  retention: z
    .strictObject({
      /** The copy of a client who the PIMS no longer has: the record and its pets. */
      missingClientRows: days.nullable().default(365),
      /** What SES answered and told about each email. */
      mailHistory: days.nullable().default(730),
      /** Sync runs and the rows they could not read. */
      runs: days.nullable().default(400),
      /** Tasks that somebody closed. */
      closedWork: days.nullable().default(400),
      /** Idempotency keys of the API and ids of events. */
      receipts: z.int().min(2).max(3650).default(30),
    })
    .prefault({}),
  /** What Prometheus sends as its bearer token to read `/metrics`; without one only a signed-in operator may. */
  metricsToken: z.string().min(16).optional(),
  practices: z.array(practiceSchema).default([]),
});

type Parsed = z.output<typeof configSchema>;
type ParsedPractice = z.output<typeof practiceSchema>;

/** A practice as configured. Its connection is a Secret of JSON text: it holds passwords. */
export type PracticeConfig = Readonly<Omit<ParsedPractice, 'connection'>> & {
  readonly connection: Secret;
  /** The folder of the file that names it; relative paths start there. */
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
 * Reads the configuration: the files of `PIMS_SYNC_CONFIG` (comma-separated; practices add up, later files win
 * elsewhere) and the environment. Every problem is reported at once.
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
    // What an unset variable leaves empty is no second problem.
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

/** @throws Problem `practice-unknown`, naming those that there are */
export function practiceById(config: Config, id: string): PracticeConfig {
  const found = config.practices.find((practice) => practice.id === id);
  if (found) return found;
  const known = config.practices.map((practice) => practice.id).join(', ') || 'none';
  throw new Problem({
    code: 'practice-unknown',
    message: `No practice has the id "${id}".`,
    help: `Configured are: ${known}.`,
  });
}

function readFile(file: string, problems: string[]): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(file, 'utf8'), { prettyErrors: true });
    if (document === null) return {};
    if (typeof document !== 'object' || Array.isArray(document)) {
      problems.push(`${file} must hold settings such as "publicUrl: ...".`);
      return {};
    }
    return document as Record<string, unknown>;
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const { line, col } = error.linePos?.[0] ?? { line: '?', col: '?' };
      // The library's message quotes the line, and the line may hold a password.
      problems.push(`${file}, line ${line}, column ${col}: not valid YAML (${error.code}).`);
    } else {
      const { code } = error as { code?: string };
      problems.push(`${file} cannot be read (${code}). Name the file in PIMS_SYNC_CONFIG; config/ holds examples.`);
    }
    return {};
  }
}

/** Puts the environment's values in place of `${NAME}`; `$${` stands for a plain `${`. */
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
        found.problems.push(`${path.join('.')} asks for \${${name}}, which is not set in the environment.`);
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

/** An IP address, or one with the length of its network's prefix. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Paths with the practice's id instead of its position, since people know their practices by name. */
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

/** Adds to `problems` what is wrong with a URL; an empty one is somebody else's matter. */
export function checkUrl(name: string, url: Secret, protocols: readonly string[], problems: string[]): void {
  if (url.open() === '') return;
  const ok = URL.canParse(url.open()) && protocols.includes(new URL(url.open()).protocol);
  if (!ok) problems.push(`${name} is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}.`);
  else if (!isEncoded(new URL(url.open())))
    problems.push(`The user or password in ${name} has a % that encodes nothing; write %25 for a plain %.`);
  else if (protocols.includes('mysql:') && asksForTlsInVain(new URL(url.open())))
    problems.push(
      `${name} asks for TLS in words that mysql2 does not know; write ?ssl={"rejectUnauthorized":true}, URL-encoded.`,
    );
}

/** mysql2 would ignore the likes of `sslmode=require` and connect without TLS. */
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
    help: 'Correct them all and start again; nothing was started.',
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Secret) && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
