import type { Capabilities } from '../../contract.js';
import { hangAfter, limitOf, opened, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { differsAt, must, NotRun, within } from '../verdict.js';

const never = (): AbortSignal => new AbortController().signal;

export function capabilityCases(subject: Subject): ConformanceCase[] {
  const { settings, expected } = subject;
  const declared = expected?.capabilities;

  /** Marks a case as not run: in advance if the subject says so, at run time if the connector says so. */
  const only = (name: string, has: (c: Capabilities) => boolean, what: string, run: () => Promise<void>) => ({
    name,
    ...(declared && !has(declared) ? { notRun: `the connector declares no ${what}` } : {}),
    run,
  });
  const demand = (condition: boolean, what: string): void => {
    if (!condition) throw new NotRun(`the connector declares no ${what}; say so in expected.capabilities`);
  };

  return [
    {
      name: 'has every member that its capabilities declare',
      run: () =>
        opened(subject, settings, async ({ connector }) => {
          const { oneClient } = connector.capabilities;
          must(oneClient === (typeof connector.client === 'function'), 'capabilities.oneClient and client() disagree.');
          const differs = declared && differsAt(connector.capabilities, declared);
          must(!differs, `capabilities.${differs} is not what the subject expects.`);
        }),
    },
    only(
      'finds one client by PIMS id, equal to the one on its page',
      (c) => c.oneClient,
      'oneClient',
      () =>
        opened(subject, settings, async ({ connector }) => {
          demand(connector.capabilities.oneClient, 'oneClient');
          const { clients } = await read(subject, connector, { atMost: limitOf(subject) });
          must(clients.length > 0, 'The source has no clients to find.');
          for (const client of [...new Set([0, clients.length >> 1, clients.length - 1])].map((at) => clients[at]!)) {
            const found = await within(hangAfter(subject), connector.client!(client.pimsId, never()), 'client()');
            must(found, `client(${client.pimsId}) finds nothing, although a page holds it.`);
            const differs = differsAt(found, client);
            must(differs === null, `client(${client.pimsId}) differs from its page in ${differs}.`);
          }
        }),
    ),
    only(
      'returns null for a client that the PIMS does not have',
      (c) => c.oneClient,
      'oneClient',
      () =>
        opened(subject, settings, async ({ connector }) => {
          demand(connector.capabilities.oneClient, 'oneClient');
          for (const id of ['no-such-client-', "' OR 1=1 --", '']) {
            const found = await within(hangAfter(subject), connector.client!(id, never()), 'client()');
            must(found === null, `client("${id}") finds a client.`);
          }
        }),
    ),
  ];
}
