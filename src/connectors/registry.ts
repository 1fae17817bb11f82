import type { z } from 'zod';
import { scrub } from '../lib/scrub.js';
import avimark from './avimark/index.js';
import type { ConnectorPackage } from './connector-fault.js';
import type { Connector, ConnectorContext, ConnectorDefinition } from './contract.js';
import cornerstone from './cornerstone/index.js';
import csv from './csv/index.js';
import { PimsProblem } from './errors.js';
import { guardConnector } from './guard.js';
import impromed from './impromed/index.js';
import { loadConnector, notAConnector } from './load-connector.js';
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
  const names = builtIn.map((each) => each.name);
  const { definition, of } = await loadConnector(name, baseDir, names);
  packages.set(definition, of);
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

/** What the pages and the jobs know about a practice's PIMS without a connection to it. */
export interface PimsDescription {
  /** Name of the PIMS on the pages. */
  label: string;
  /** The same text for all practices on one server; null if unknown. */
  server: string | null;
  /** The field that staff correct when an email bounces, in the words of the practice's connector. */
  emailField: string;
}

export const unknownPims: PimsDescription = {
  label: 'The practice software',
  server: null,
  emailField: 'the email field',
};

/**
 * Describes the PIMS of a practice by its connector and settings. Parts that the connector does not say, or that it
 * cannot say because it fails to load or its settings are wrong, are those of `unknownPims`: the sync reports the fault.
 */
export async function describePims(name: string, baseDir: string, rawSettings: unknown): Promise<PimsDescription> {
  const text = (value: unknown): string | null =>
    typeof value === 'string' && value !== '' ? value.slice(0, 200) : null;
  try {
    const definition = await findConnector(name, baseDir);
    const label = text(definition.label) ?? definition.name;
    const parsed = await definition.settings.safeParseAsync(rawSettings);
    if (!parsed.success) return { ...unknownPims, label };
    const { emailField } = unknownPims;
    return {
      label,
      server: text(definition.server?.(parsed.data)),
      emailField: text(definition.emailField?.(parsed.data)) ?? emailField,
    };
  } catch {
    return unknownPims;
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
