import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { scrub } from '../lib/scrub.js';
import avimark from './avimark/index.js';
import { type Connector, type ConnectorContext, type ConnectorDefinition, contractVersion } from './contract.js';
import cornerstone from './cornerstone/index.js';
import { faultOf, type ConnectorPackage } from './connector-fault.js';
import csv from './csv/index.js';
import { PimsProblem } from './errors.js';
import { guardConnector } from './guard.js';
import impromed from './impromed/index.js';
import { callPackage } from './package-calls.js';

const builtIn = [cornerstone, avimark, impromed, csv] as unknown as ConnectorDefinition[];

/** Returns the built-in connectors in the order in which `pims-sync connectors` lists them. */
export function builtInConnectors(): ConnectorDefinition[] {
  return [...builtIn];
}

/**
 * Finds the connector that a practice's configuration names: a built-in one (`impromed`), an npm package
 * (`pims-connector-openvpms`), or a file (`./connectors/mine.js`, relative to `baseDir`). Throws `pims-settings-wrong`
 * if there is none or if the module is not a connector of this contract version; the message names the missing member.
 */
export async function findConnector(name: string, baseDir: string): Promise<ConnectorDefinition> {
  const known = builtIn.find((each) => each.name === name);
  if (known) return known;
  const { module_, of } = await load(name, baseDir);
  const definition = await callPackage({ of, log: () => undefined }, 'its default export', null, () =>
    verify(name, unwrap(module_)),
  );
  packages.set(definition, { ...of, name: definition.name });
  return definition;
}

/** The packages of connectors that are not built in. */
const packages = new WeakMap<ConnectorDefinition, ConnectorPackage>();

/**
 * Parses a practice's raw settings, reporting every problem with its path, and opens the connector. Wraps a connector
 * that is not built in with a guard that checks its results and errors.
 */
export async function openConnector<Settings>(
  definition: ConnectorDefinition<Settings>,
  rawSettings: unknown,
  context: ConnectorContext,
): Promise<Connector> {
  const isBuiltIn = (builtIn as unknown[]).includes(definition);
  const of = packages.get(definition as ConnectorDefinition) ?? {
    name: definition.name,
    version: null,
    folder: null,
  };
  const call = <T>(where: string, work: () => T | Promise<T>): Promise<T> =>
    isBuiltIn ? Promise.resolve(work()) : callPackage({ of, log: context.log }, where, null, work);
  const parsed = await call('settings', () => definition.settings.safeParseAsync(rawSettings));
  if (!parsed.success) {
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message: `The settings of connector ${definition.name} for practice ${context.practiceId} are not usable: ${isBuiltIn ? faults(parsed.error) : scrub(faults(parsed.error))}.`,
      help: "Correct them under the practice's `connection`.",
    });
  }
  const connector = await call('open()', () => definition.open(parsed.data, context));
  const missing = await call('open()', () => missingMembers(connector));
  if (missing.length === 0) return isBuiltIn ? connector : guardConnector(of, connector, context.log);
  await call('close()', () => connector?.close?.());
  throw notAConnector(definition.name, `the connector that open() returns has no ${missing.join(', no ')}`);
}

/** The words that staff read if no connector names the field. */
export const anyEmailField = 'the email field';

/**
 * Names the field that staff correct when an email bounces, in the words of the practice's connector. Opens no
 * connection. Returns "the email field" if the connector cannot be loaded or its settings are wrong, because the sync
 * reports those faults.
 */
export async function emailFieldOf(name: string, baseDir: string, rawSettings: unknown): Promise<string> {
  try {
    const definition = await findConnector(name, baseDir);
    const parsed = await definition.settings.safeParseAsync(rawSettings);
    const field: unknown = parsed.success ? definition.emailField?.(parsed.data) : null;
    return typeof field === 'string' && field !== '' ? field.slice(0, 200) : anyEmailField;
  } catch {
    return anyEmailField;
  }
}

/** Lists problems such as `connection.host: Invalid input`; zod's own text holds no values. */
function faults(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => [...issue.path, key, 'is not a setting'])
        : [[...issue.path, issue.message]],
    )
    .map((parts) => {
      const message = String(parts.at(-1));
      const path = ['connection', ...parts.slice(0, -1).map(String)].join('.');
      return `${path}: ${message}`;
    })
    .join('; ');
}

const isPath = (name: string): boolean => /^\.{0,2}[/\\]/.test(name) || isAbsolute(name);

async function load(name: string, baseDir: string): Promise<{ module_: unknown; of: ConnectorPackage }> {
  const place = isPath(name) ? resolve(baseDir, name) : await packageEntry(name, baseDir);
  const specifier = process.platform === 'win32' && isAbsolute(place) ? pathToFileURL(place).href : place;
  const of = { name, ...(await originOf(place, isPath(name))) };
  try {
    return { module_: (await import(specifier)) as unknown, of };
  } catch (error) {
    const text = resolverText(error);
    if (text !== null && isNotFound(error, place)) throw notFound(name, baseDir);
    throw new PimsProblem({
      code: 'pims-settings-wrong',
      message: `Connector ${name} cannot be loaded: ${text ?? faultOf(error, of, 'its module').message}`,
      help: 'This is a fault of that package or of one of its dependencies. Reinstall it, or report it to its author.',
    });
  }
}

/** Returns Node's message about a missing module, which names only modules; null for any other error. */
function resolverText(error: unknown): string | null {
  try {
    const { code, message } = error as { code?: unknown; message?: unknown };
    const isResolver = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    return isResolver && typeof message === 'string' ? message : null;
  } catch {
    return null;
  }
}

/** Finds the folder of a connector's code and the version in its package.json. */
async function originOf(place: string, isFile: boolean): Promise<Pick<ConnectorPackage, 'version' | 'folder'>> {
  const entry = await realpath(place).catch(() => null);
  if (entry === null) return { version: null, folder: null };
  const own = dirname(entry);
  if (isFile) return { version: null, folder: own };
  for (let folder = own; folder !== dirname(folder); folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
    const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
    if (typeof name === 'string') return { version: typeof version === 'string' ? version : null, folder };
  }
  return { version: null, folder: own };
}

/** Resolves a package, first from the folder of the configuration, then from that of pims-sync itself. */
async function packageEntry(name: string, baseDir: string): Promise<string> {
  if (!/^(@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i.test(name)) throw notFound(name, baseDir);
  const { resolve: find } = createRequire(join(resolve(baseDir), 'package.json'));
  try {
    return find(name);
  } catch {
    return (await moduleEntry(name, find.paths(name) ?? [])) ?? name;
  }
}

/** Finds the entry of a package that exports only to `import`, which `require.resolve` does not see. */
async function moduleEntry(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const text = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const { exports } = JSON.parse(text) as { exports?: unknown };
    const entry = chosen((exports as Record<string, unknown> | null | undefined)?.['.'] ?? exports);
    return entry === undefined ? undefined : join(folder, name, entry);
  }
  return undefined;
}

/** Picks the target that Node would choose for `import` among nested conditions. */
function chosen(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  for (const [condition, target] of Object.entries(exported ?? {})) {
    if (['node', 'import', 'default'].includes(condition)) return chosen(target);
  }
  return undefined;
}

/** Returns whether the module itself is missing; a missing module that it imports is the package's own fault. */
function isNotFound(error: unknown, place: string): boolean {
  const { code, message = '' } = error as { code?: string; message?: string };
  const notThere = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return notThere && (message.includes(`'${place}'`) || message.includes(`package '${place}'`));
}

function notFound(name: string, baseDir: string): PimsProblem {
  const names = builtIn.map((each) => each.name).join(', ');
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `There is no connector "${name}".`,
    help: isPath(name)
      ? `No such file. Paths are relative to ${resolve(baseDir)}.`
      : `Built-in connectors: ${names}. For a package, run "npm install ${name}" where pims-sync is installed. For a file, begin with ./`,
  });
}

function unwrap(module_: unknown): unknown {
  const exported = (module_ as { default?: unknown } | null)?.default;
  // A CommonJS build of an ES module has its default export one level deeper.
  const inner = (exported as { default?: unknown } | null | undefined)?.default;
  return inner !== undefined && (exported as { open?: unknown }).open === undefined ? inner : exported;
}

function verify(name: string, candidate: unknown): ConnectorDefinition {
  if (typeof candidate !== 'object' || candidate === null) {
    throw notAConnector(name, 'it has no default export made by defineConnector');
  }
  const {
    name: own,
    summary,
    settings,
    open,
    emailField,
    contractVersion: version,
  } = candidate as Partial<ConnectorDefinition>;
  const members: [string, boolean][] = [
    ['name (text)', typeof own === 'string' && own !== ''],
    ['summary (text)', typeof summary === 'string'],
    ['settings (a zod schema)', typeof settings?.safeParseAsync === 'function'],
    ['open (a function)', typeof open === 'function'],
    ['contractVersion (a number)', typeof version === 'number'],
    ['emailField that is a function', emailField === undefined || typeof emailField === 'function'],
  ];
  const missing = members.filter(([, there]) => !there).map(([member]) => member);
  if (missing.length > 0) throw notAConnector(name, `its default export has no ${missing.join(', no ')}`);
  if (version !== contractVersion) {
    throw notAConnector(
      name,
      `it was written for contract version ${version}, and this pims-sync has version ${contractVersion}`,
    );
  }
  return candidate as ConnectorDefinition;
}

function missingMembers(connector: Connector): string[] {
  const found = (connector ?? {}) as Partial<Connector>;
  const { oneClient } = found.capabilities ?? {};
  const members: [string, unknown, string][] = [
    ['capabilities', found.capabilities, 'object'],
    ['check', found.check, 'function'],
    ['clients', found.clients, 'function'],
    ['close', found.close, 'function'],
  ];
  if (oneClient) members.push(['client (its capabilities declare one)', found.client, 'function']);
  return members.filter(([, member, type]) => typeof member !== type || member === null).map(([name]) => name);
}

function notAConnector(name: string, why: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `${isPath(name) ? 'File' : 'Package'} ${name} is not a connector: ${why}.`,
    help: 'Check that you installed the intended package and version. docs/connectors.md lists the required members for its author.',
  });
}
