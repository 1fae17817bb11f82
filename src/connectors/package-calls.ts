import { AsyncLocalStorage } from 'node:async_hooks';
import { faultOf, type ConnectorPackage } from './connector-fault.js';
import type { ConnectorContext } from './contract.js';
import type { PimsProblem } from './errors.js';

interface Running {
  of: ConnectorPackage;
  log: ConnectorContext['log'];
}

/** The package whose code runs now, so that its lost rejections can be distinguished from ours. */
const running = new AsyncLocalStorage<Running>();

/**
 * Runs code of a package. Turns anything it throws into a problem that names the package and holds none of its text. An
 * abort keeps its own reason.
 */
export async function callPackage<T>(
  { of, log }: Running,
  where: string,
  signal: AbortSignal | null,
  work: () => T | Promise<T>,
): Promise<T> {
  catchLostRejections();
  try {
    return await running.run({ of, log }, async () => work());
  } catch (thrown) {
    signal?.throwIfAborted();
    throw faultOf(thrown, of, where);
  }
}

/** Makes the problem to report for an uncaught error of a package's code; null for any other error. */
export function lostFaultOf(thrown: unknown): PimsProblem | null {
  const package_ = running.getStore();
  return package_ ? faultOf(thrown, package_.of, 'code whose result nothing awaits') : null;
}

let listening = false;

/**
 * Logs unhandled rejections of a package without their text. By default they would end the process and print the text.
 * Other unhandled rejections keep the default.
 */
function catchLostRejections(): void {
  if (listening) return;
  listening = true;
  process.on('unhandledRejection', (thrown) => {
    const problem = lostFaultOf(thrown);
    if (!problem) throw thrown;
    running.getStore()?.log(problem.message, { code: problem.code });
  });
}
