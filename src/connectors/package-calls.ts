import { AsyncLocalStorage } from 'node:async_hooks';
import { faultOf, type ConnectorPackage } from './connector-fault.js';
import type { ConnectorContext } from './contract.js';
import type { PimsProblem } from './errors.js';

interface Running {
  of: ConnectorPackage;
  log: ConnectorContext['log'];
}

/** Which package's code runs now, so that what it leaves behind can be told from our own. */
const running = new AsyncLocalStorage<Running>();

/**
 * Runs code of a package, and turns whatever it throws into a problem that names the package and holds no text of it. An
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

/** What is told in place of an error that nobody caught, when a package's code has thrown it; null for any other. */
export function lostFaultOf(thrown: unknown): PimsProblem | null {
  const package_ = running.getStore();
  return package_ ? faultOf(thrown, package_.of, 'code that nobody waits for') : null;
}

let listening = false;

/**
 * A promise that a package rejects and nobody waits for would end the process, and print its text. It is logged without
 * it instead; what is not of a package fails as it would without this.
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
