import type { z } from 'zod';
import type { ConnectorPackage } from './connector-fault.js';
import type { Connector, ConnectorContext, Page, ReadOptions } from './contract.js';
import { createPageCheck, wrongShape } from './guard-pages.js';
import { callPackage } from './package-calls.js';
import * as shape from './shape.js';

/**
 * Wraps a connector that is not built in. Checks the result of every method against the contract, and never passes on
 * the text of an error that the package throws.
 */
export async function guardConnector(
  of: ConnectorPackage,
  connector: Connector,
  log: ConnectorContext['log'],
): Promise<Connector> {
  let failed = false;
  async function run<T>(where: string, signal: AbortSignal | null, work: () => T | Promise<T>): Promise<T> {
    try {
      return await callPackage({ of, log }, where, signal, work);
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  /** Calls one method and checks the shape of its result. */
  const answer = <T>(
    where: string,
    signal: AbortSignal | null,
    expected: z.ZodType<T>,
    work: () => unknown,
  ): Promise<T> =>
    run(where, signal, async () => {
      const parsed = expected.safeParse(await work());
      if (parsed.success) return parsed.data;
      throw wrongShape(of, where, parsed.error);
    });

  async function* clients(options: ReadOptions): AsyncGenerator<Page> {
    const where = 'clients()';
    const { signal } = options;
    const check = createPageCheck(of);
    const pages = await run(where, signal, () => {
      const iterator = connector.clients(options)[Symbol.asyncIterator]();
      // Wrapped in our own object: a promise would mistake an iterator that has a `then` for another promise.
      return { next: () => iterator.next(), stop: () => iterator.return?.(undefined) };
    });
    let atEnd = false;
    try {
      for (;;) {
        const page = await run(where, signal, async () => {
          const { done, value } = (await pages.next()) as IteratorResult<unknown, unknown>;
          return done === true ? null : check(value);
        });
        atEnd = page === null;
        if (page === null) return;
        yield page;
      }
    } finally {
      // Report the error that ended the read, not one that releasing the iterator adds.
      if (!atEnd) await run(where, null, () => pages.stop()).catch(() => undefined);
    }
  }

  type Optional = 'client' | 'discover';
  const given = await run('open()', null, () => {
    const names: Optional[] = ['client', 'discover'];
    return new Set(names.filter((name) => typeof connector[name] === 'function'));
  });
  const optional: Pick<Connector, Optional> = {
    client: (id, signal) =>
      answer('client()', signal, shape.clientShape.nullable(), () => connector.client!(id, signal)),
    discover: (options) =>
      answer('discover()', options.signal, shape.discoveryShape, () => connector.discover!(options)),
  };

  return {
    ...Object.fromEntries(Object.entries(optional).filter(([name]) => given.has(name as Optional))),
    capabilities: await answer('open()', null, shape.capabilitiesShape, () => connector.capabilities),
    clients,
    check: (signal) => answer('check()', signal, shape.checkReportShape, () => connector.check(signal)),
    async close() {
      // Report the first failure only.
      const earlier = failed;
      await run('close()', null, () => connector.close()).catch((error: unknown) => {
        if (!earlier) throw error;
      });
    },
  };
}
