import type { Client } from '../../../domain/client/client.js';
import type { PimsProblemCode } from '../../errors.js';
import { hangAfter, limitOf, opened, read } from '../bench.js';
import { mustBeProblem, mustNotTell } from '../secrets.js';
import type { ConformanceCase, Fault, Subject } from '../subject.js';
import { must, within } from '../verdict.js';

/** Codes that lead to an automatic retry: the only valid answers to a cut or silent source. */
const passing: PimsProblemCode[] = ['pims-unreachable', 'pims-busy', 'pims-read-failed'];

export function faultCases(subject: Subject): ConformanceCase[] {
  const { cut, lock, stall } = subject.faults ?? {};
  const withFault = (name: string, key: string, fault: Fault | undefined, run: (fault: Fault) => Promise<void>) => ({
    name,
    ...(fault ? {} : { notRun: `the subject has no faults.${key}` }),
    run: () => run(fault!),
  });
  return [
    withFault('reports a connection cut between pages as an error, never as the end', 'cut', cut, (fault) =>
      mustFailOrFinish(subject, fault, 'between', passing),
    ),
    withFault('reports a connection cut in the middle of a page as an error, never as the end', 'cut', cut, (fault) =>
      mustFailOrFinish(subject, fault, 'during', passing),
    ),
    withFault('reports a source that is down, and reads it once it is back', 'cut', cut, async (fault) => {
      await fault.begin();
      try {
        const error = await opened(subject, fault.settings ?? subject.settings, ({ connector }) =>
          read(subject, connector, { atMost: 1 }),
        ).then(
          () => null,
          (thrown: unknown) => ({ thrown }),
        );
        must(error, 'A source that is down returned pages.');
        mustBeProblem(subject, error.thrown, passing);
      } finally {
        await fault.end();
      }
      await opened(subject, fault.settings ?? subject.settings, ({ connector }) =>
        read(subject, connector, { atMost: 1 }),
      );
    }),
    withFault('reports a locked source as busy', 'lock', lock, (fault) =>
      mustFailOrFinish(subject, fault, 'between', ['pims-busy']),
    ),
    withFault('gives up on a silent source', 'stall', stall, (fault) =>
      mustFailOrFinish(subject, fault, 'between', passing),
    ),
  ];
}

/** Reads one page, begins the fault and reads on. The read must end with an error or with every client. */
async function mustFailOrFinish(
  subject: Subject,
  fault: Fault,
  when: 'between' | 'during',
  codes: PimsProblemCode[],
): Promise<void> {
  const settings = fault.settings ?? subject.settings;
  const atMost = limitOf(subject);
  const whole = await opened(subject, settings, ({ connector }) => read(subject, connector, { atMost }));
  must(whole.clients.length >= 4, 'The source needs at least four clients for this case.');
  const pageSize = Math.ceil(whole.clients.length / 4);

  await opened(subject, settings, async ({ connector, logged }) => {
    const pages = connector
      .clients({ cursor: null, pageSize, signal: new AbortController().signal })
      [Symbol.asyncIterator]();
    const clients: Client[] = [];
    const take = async (step: Promise<IteratorResult<{ clients: Client[] }>>): Promise<boolean> => {
      const page = await within(hangAfter(subject), step, 'the next page');
      if (page.done !== true) clients.push(...page.value.clients);
      return page.done === true;
    };
    await take(pages.next());
    const next = when === 'during' ? pages.next() : null;
    await fault.begin();
    try {
      let done = await take(next ?? pages.next());
      while (!done && clients.length < atMost) done = await take(pages.next());
      must(
        clients.length >= whole.clients.length,
        `The read ended as if complete with ${clients.length} of ${whole.clients.length} clients. ` +
          'A failed page must be an error; otherwise the engine counts the other clients as missing.',
      );
    } catch (error) {
      if ((error as Error).name === 'ConformanceFailure') throw error;
      mustBeProblem(subject, error, codes);
    } finally {
      await fault.end();
    }
    mustNotTell(subject, 'The log', logged.join('\n'), whole.clients);
  });
  const again = await opened(subject, settings, ({ connector }) => read(subject, connector, { atMost }));
  must(again.clients.length === whole.clients.length, 'After the fault a new connector reads other clients.');
}
