import type { Connector } from '../../contract.js';
import { hangAfter, limitOf, openCase, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { differsAt, must, NotRun, within } from '../verdict.js';

const never = (): AbortSignal => new AbortController().signal;

export function capabilityCases(subject: Subject): ConformanceCase[] {
  const declared = subject.expected?.capabilities;
  const none = 'the connector declares no oneClient';

  /** Makes a case of `client()`. Marks it as not run: in advance if the subject says so, else if the connector says so. */
  const oneClientCase = (name: string, run: (connector: Connector) => Promise<void>): ConformanceCase =>
    openCase(
      subject,
      name,
      async ({ connector }) => {
        if (!connector.capabilities.oneClient) throw new NotRun(`${none}; say so in expected.capabilities`);
        await run(connector);
      },
      { needs: declared?.oneClient === false && none },
    );

  return [
    openCase(subject, 'has every member that its capabilities declare', async ({ connector }) => {
      const { oneClient } = connector.capabilities;
      must(oneClient === (typeof connector.client === 'function'), 'capabilities.oneClient and client() disagree.');
      const differs = declared && differsAt(connector.capabilities, declared);
      must(!differs, `capabilities.${differs} is not what the subject expects.`);
    }),
    oneClientCase('finds one client by PIMS id, equal to the one on its page', async (connector) => {
      const { clients } = await read(subject, connector, { atMost: limitOf(subject) });
      must(clients.length > 0, 'The source has no clients to find.');
      for (const client of [...new Set([0, clients.length >> 1, clients.length - 1])].map((at) => clients[at]!)) {
        const found = await within(hangAfter(subject), connector.client!(client.pimsId, never()), 'client()');
        must(found, `client(${client.pimsId}) finds nothing, although a page holds it.`);
        const differs = differsAt(found, client);
        must(differs === null, `client(${client.pimsId}) differs from its page in ${differs}.`);
      }
    }),
    oneClientCase('returns null for a client that the PIMS does not have', async (connector) => {
      for (const id of ['no-such-client-', "' OR 1=1 --", '']) {
        const found = await within(hangAfter(subject), connector.client!(id, never()), 'client()');
        must(found === null, `client("${id}") finds a client.`);
      }
    }),
  ];
}
