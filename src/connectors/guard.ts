import type { z } from 'zod';
import type { ConnectorPackage } from './connector-fault.js';
import type { Connector, ConnectorContext, Page, ReadOptions } from './contract.js';
import { createPageCheck, wrongShape } from './guard-pages.js';
import { callPackage } from './package-calls.js';
import * as shape from './shape.js';

/**
 * Stands between the engine and a connector that is not built in: every method's answer is held to the contract, and no
 * error of the package passes with its text.
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
  /** Calls one method, whose answer must be of this shape. */
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
      // In an object of ours: a promise would take an iterator that has a `then` for another promise.
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
      // What ended the read is what is told, and not what letting go of it may add.
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
      // The first failure is the one to tell.
      const earlier = failed;
      await run('close()', null, () => connector.close()).catch((error: unknown) => {
        if (!earlier) throw error;
      });
    },
  };
}
