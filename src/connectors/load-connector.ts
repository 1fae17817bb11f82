import { readFile, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { faultOf, type ConnectorPackage } from './connector-fault.js';
import { type ConnectorDefinition, contractVersion } from './contract.js';
import { PimsProblem } from './errors.js';
import { callPackage } from './package-calls.js';

const isPath = (name: string): boolean => /^\.{0,2}[/\\]/.test(name) || isAbsolute(name);

/**
 * Loads a connector that is not built in: an npm package or a file.
 *
 * @param builtIn names to list if there is no such connector
 * @throws PimsProblem `pims-settings-wrong`; its message names the missing member
 */
export async function loadConnector(
  name: string,
  baseDir: string,
  builtIn: readonly string[],
): Promise<{ definition: ConnectorDefinition; of: ConnectorPackage }> {
  const { module_, of } = await load(name, baseDir, builtIn);
  const definition = await callPackage({ of, log: () => undefined }, 'its default export', null, () =>
    verify(name, unwrap(module_)),
  );
  return { definition, of: { ...of, name: definition.name } };
}

async function load(
  name: string,
  baseDir: string,
  builtIn: readonly string[],
): Promise<{ module_: unknown; of: ConnectorPackage }> {
  const isPackage = /^(@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/i.test(name);
  if (!isPath(name) && !isPackage) throw notFound(name, baseDir, builtIn);
  const place = isPath(name) ? resolve(baseDir, name) : await packageEntry(name, baseDir);
  const specifier = process.platform === 'win32' && isAbsolute(place) ? pathToFileURL(place).href : place;
  const of = { name, ...(await originOf(place, isPath(name))) };
  try {
    return { module_: (await import(specifier)) as unknown, of };
  } catch (error) {
    const text = resolverText(error);
    if (text !== null && isNotFound(error, place)) throw notFound(name, baseDir, builtIn);
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

function notFound(name: string, baseDir: string, builtIn: readonly string[]): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `There is no connector "${name}".`,
    help: isPath(name)
      ? `No such file. Paths are relative to ${resolve(baseDir)}.`
      : `Built-in connectors: ${builtIn.join(', ')}. For a package, run "npm install ${name}" where pims-sync is installed. For a file, begin with ./`,
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
  const given = candidate as Partial<ConnectorDefinition>;
  const { summary, label, settings, open, emailField, server, contractVersion: version } = given;
  const members: [string, boolean][] = [
    ['name (text)', typeof given.name === 'string' && given.name !== ''],
    ['summary (text)', typeof summary === 'string'],
    ['settings (a zod schema)', typeof settings?.safeParseAsync === 'function'],
    ['open (a function)', typeof open === 'function'],
    ['contractVersion (a number)', typeof version === 'number'],
    ['label that is a text', label === undefined || typeof label === 'string'],
    ['emailField that is a function', emailField === undefined || typeof emailField === 'function'],
    ['server that is a function', server === undefined || typeof server === 'function'],
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

/** Makes the problem of a module that is no connector. */
export function notAConnector(name: string, why: string): PimsProblem {
  return new PimsProblem({
    code: 'pims-settings-wrong',
    message: `${isPath(name) ? 'File' : 'Package'} ${name} is not a connector: ${why}.`,
    help: 'Check that you installed the intended package and version. docs/connectors.md lists the required members for its author.',
  });
}
