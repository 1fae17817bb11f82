import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { Problem } from '../lib/problem.js';
import { Secret } from '../lib/secret.js';
import { checkUrl } from './check-url.js';
import { fillIn, idOf, readFile } from './config-files.js';
import { configSchema, type Config, type PracticeConfig } from './config-schema.js';

/**
 * Reads the configuration: the files in `PIMS_SYNC_CONFIG` (comma-separated) and the environment. The practices of all
 * files are combined; for other settings the later file wins. Reports every problem at once.
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
