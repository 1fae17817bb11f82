import { constants } from 'node:os';
import { pathToFileURL } from 'node:url';
import { pimsErrors } from '../lib/errors/pims-errors.js';
import { scrub } from '../lib/scrub.js';
import { PimsProblem, type PimsProblemCode } from './errors.js';

/** A connector that is not built in, as messages name it. */
export interface ConnectorPackage {
  name: string;
  version: string | null;
  /** The folder of its code; null if it has none. */
  folder: string | null;
}

/** `Connector cloudy 0.1.0`. */
export function titleOf({ name, version }: ConnectorPackage): string {
  return `Connector ${name.slice(0, 100)}${version === null ? '' : ` ${version.slice(0, 40)}`}`;
}

export const tellItsAuthor =
  'This is a fault of the connector, not of the practice. Send this sentence to its author, or install another version.';

/** The codes that a connector may use; `connector-fault` is ours. */
const codes: ReadonlySet<string> = new Set(Object.keys(pimsErrors).filter((code) => code !== 'connector-fault'));

/**
 * Makes a new problem of anything that a connector package throws. A PimsProblem keeps its code and its shortened
 * sentences. Any other error keeps only its class and the place in the package's own code, because its text, causes and
 * properties may hold client data or a secret.
 */
export function faultOf(thrown: unknown, of: ConnectorPackage, where: string): PimsProblem {
  try {
    return ownProblem(thrown) ?? fault(thrown, of, where);
  } catch {
    // A Proxy may throw at any access.
    return problem(`${titleOf(of)} failed in ${where}.`);
  }
}

const longestMessage = 300;

/** Recognizes a PimsProblem by its members, not its class: the package may have its own copy of `PimsProblem`. */
function ownProblem(thrown: unknown): PimsProblem | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  const { code, message, help, missing, retryAt } = thrown as Record<string, unknown>;
  if (typeof code !== 'string' || !codes.has(code)) return null;
  const short = (text: unknown): string => (typeof text === 'string' ? scrub(text).slice(0, longestMessage) : '');
  return new PimsProblem({
    code: code as PimsProblemCode,
    message: short(message) || 'The connector did not say what is wrong.',
    help: short(help) || 'The connector names no next step.',
    ...(typeof missing === 'string' ? { missing: scrub(missing).slice(0, 100) } : {}),
    ...(retryAt instanceof Date && !Number.isNaN(retryAt.getTime()) ? { retryAt: new Date(retryAt.getTime()) } : {}),
  });
}

function fault(thrown: unknown, of: ConnectorPackage, where: string): PimsProblem {
  if (!(thrown instanceof Error)) {
    const kind = thrown === null ? 'null' : typeof thrown;
    return problem(`${titleOf(of)} failed in ${where}: it threw ${kind}, which is no error.`);
  }
  const place = placeIn(thrown, of.folder);
  const code = systemCode(thrown) ?? systemCode(thrown.cause);
  return problem(
    `${titleOf(of)} failed in ${where}: ${classOf(thrown)}${code ? ` ${code}` : ''}${place ? ` at ${place}` : ''}.`,
  );
}

const problem = (message: string): PimsProblem =>
  new PimsProblem({ code: 'connector-fault', message, help: tellItsAuthor });

/** Returns the name of the class, which comes from code; the error's own `name` may hold data. */
function classOf(error: Error): string {
  const { constructor } = Object.getPrototypeOf(error) as { constructor?: unknown };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return /^[A-Z]\w{0,40}(?:Error|Exception|Problem)$/.test(name) ? name : 'Error';
}

/** Returns a code such as `ECONNRESET` if it is in the system's own list. */
function systemCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && Object.hasOwn(constants.errno, code) ? code : null;
}

/** Returns the first place of the stack in the package's own folder, as `read.js:41`. Ignores the error's text. */
function placeIn(error: Error, folder: string | null): string | null {
  if (folder === null) return null;
  const stack = String(error.stack);
  const found = [folder, pathToFileURL(folder).href]
    .map((start) => ({ start, at: stack.indexOf(`${start}/`) }))
    .filter(({ at }) => at !== -1)
    .sort((one, other) => one.at - other.at)[0];
  if (!found) return null;
  const rest = stack.slice(found.at + found.start.length, found.at + found.start.length + 300);
  const [, file, line] = /^(?:\/[\w.@+-]+)*?\/([\w.@+-]+\.[cm]?[jt]s):(\d+)/.exec(rest) ?? [];
  return file === undefined ? null : `${file}:${line}`;
}
