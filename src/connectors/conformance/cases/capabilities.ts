import type { Capabilities, Connector } from '../../contract.js';
import { hangAfter, limitOf, opened, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { differsAt, must, NotRun, within } from '../verdict.js';

const never = (): AbortSignal => new AbortController().signal;

export function capabilityCases(subject: Subject): ConformanceCase[] {
  const { settings, expected, change } = subject;
  const declared = expected?.capabilities;

  /** Left out beforehand when the subject says so, and at run time when the connector says so. */
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
      name: 'has every member that its capabilities promise',
      run: () =>
        opened(subject, settings, async ({ connector }) => {
          const { delta, oneClient, sourceClock } = connector.capabilities;
          must(
            ['timestamp', 'version', 'none'].includes(delta),
            'capabilities.delta is none of timestamp, version, none.',
          );
          must(oneClient === (typeof connector.client === 'function'), 'capabilities.oneClient and client() disagree.');
          must(
            sourceClock === (typeof connector.sourceClock === 'function'),
            'capabilities.sourceClock and sourceClock() disagree.',
          );
          must(
            (delta === 'version') === (typeof connector.version === 'function'),
            'capabilities.delta and version() disagree.',
          );
          const differs = declared && differsAt(connector.capabilities, declared);
          must(!differs, `capabilities.${differs} is not what the subject expects.`);
        }),
    },
    only(
      'finds one client by PIMS id exactly as its page shows it',
      (c) => c.oneClient,
      'oneClient',
      () =>
        opened(subject, settings, async ({ connector }) => {
          demand(connector.capabilities.oneClient, 'oneClient');
          const { clients } = await read(subject, connector, { atMost: limitOf(subject) });
          must(clients.length > 0, 'The source has no clients to find.');
          for (const client of [...new Set([0, clients.length >> 1, clients.length - 1])].map((at) => clients[at]!)) {
            const found = await within(hangAfter(subject), connector.client!(client.pimsId, never()), 'client()');
            must(found, `client(${client.pimsId}) finds nothing, though a page holds it.`);
            const differs = differsAt(found, client);
            must(differs === null, `client(${client.pimsId}) differs from its page in ${differs}.`);
          }
        }),
    ),
    only(
      'answers null for a client the PIMS does not have',
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
    only(
      'tells the time of its source',
      (c) => c.sourceClock,
      'sourceClock',
      () =>
        opened(subject, settings, async ({ connector }) => {
          demand(connector.capabilities.sourceClock, 'sourceClock');
          const now = await within(hangAfter(subject), connector.sourceClock!(never()), 'sourceClock()');
          must(now instanceof Date && !Number.isNaN(now.getTime()), 'sourceClock() is not a valid Date.');
          must(
            Math.abs(now.getTime() - Date.now()) < 36 * 3600_000,
            'sourceClock() is more than a day and a half from now: check its zone.',
          );
        }),
    ),
    {
      ...only(
        'reads what changed since a moment',
        (c) => c.delta !== 'none',
        'delta',
        () =>
          opened(subject, settings, async ({ connector }) => {
            demand(connector.capabilities.delta !== 'none', 'delta');
            const since = await markOf(subject, connector);
            const changed = await change!();
            const { clients } = await read(subject, connector, { since });
            must(
              clients.some((client) => client.pimsId === changed),
              'The changed client is not among what changed.',
            );
            const all = await read(subject, connector);
            must(clients.length < all.clients.length || all.clients.length === 1, 'Everything counts as changed.');
            const whole = new Map(all.clients.map((client) => [client.pimsId, client]));
            for (const client of clients) {
              const full = whole.get(client.pimsId);
              must(full, `Client ${client.pimsId} counts as changed, but a whole read does not give it.`);
              const differs = differsAt(client, full);
              must(!differs, `Client ${client.pimsId} of what changed differs from a whole read in ${differs}.`);
            }
          }),
      ),
      ...(change || declared?.delta === 'none' ? {} : { notRun: 'the subject has no change()' }),
    },
    {
      ...only(
        'misses no change, whichever came first',
        (c) => c.delta !== 'none',
        'delta',
        () =>
          opened(subject, settings, async ({ connector }) => {
            demand(connector.capabilities.delta !== 'none', 'delta');
            const before = await markOf(subject, connector);
            const first = await change!();
            const between = await markOf(subject, connector);
            const second = await change!();
            const idsSince = async (since: string): Promise<Set<string>> =>
              new Set((await read(subject, connector, { since })).clients.map(({ pimsId }) => pimsId));
            const [late, early] = [await idsSince(between), await idsSince(before)];
            must(late.has(second), 'A change after the second mark is not among what changed since it.');
            must(early.has(first) && early.has(second), 'Not every change since the first mark is told.');
            must(
              [...late].every((id) => early.has(id)),
              'The earlier mark tells less than the later one.',
            );
          }),
      ),
      ...(change || declared?.delta === 'none' ? {} : { notRun: 'the subject has no change()' }),
    },
  ];
}

/** What a sync would keep, to ask for changes later. */
async function markOf(subject: Subject, connector: Connector): Promise<string> {
  if (connector.capabilities.delta === 'version') {
    const mark = await within(hangAfter(subject), connector.version!(never()), 'version()');
    must(typeof mark === 'string' && mark !== '', 'version() is not a text.');
    return mark;
  }
  return ((await connector.sourceClock?.(never())) ?? new Date()).toISOString();
}
