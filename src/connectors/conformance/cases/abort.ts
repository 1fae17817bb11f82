import { hangAfter, openCase, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { must, within } from '../verdict.js';

export function abortCases(subject: Subject): ConformanceCase[] {
  const stall = subject.faults?.stall;
  return [
    openCase(subject, 'reads nothing if aborted before the start', async ({ connector }) => {
      const reason = new Error('aborted by the conformance kit');
      const pages = connector.clients({ cursor: null, pageSize: 1, signal: AbortSignal.abort(reason) });
      await mustEndWith(subject, reason, pages[Symbol.asyncIterator]().next());
    }),
    openCase(subject, 'ends with the abort reason when aborted between two pages', async ({ connector }) => {
      const stop = new AbortController();
      const pages = connector.clients({ cursor: null, pageSize: 1, signal: stop.signal })[Symbol.asyncIterator]();
      const first = await within(hangAfter(subject), pages.next(), 'page 1');
      must(first.done !== true && first.value.cursor !== null, 'The source needs at least two clients for this case.');
      const reason = new Error('aborted by the conformance kit');
      stop.abort(reason);
      await mustEndWith(subject, reason, pages.next());
    }),
    openCase(
      subject,
      'ends with the abort reason when aborted while the source is silent',
      async ({ connector }) => {
        const stop = new AbortController();
        const pages = connector.clients({ cursor: null, pageSize: 1, signal: stop.signal })[Symbol.asyncIterator]();
        await within(hangAfter(subject), pages.next(), 'page 1');
        const reason = new Error('aborted by the conformance kit');
        await stall!.begin();
        try {
          const next = pages.next();
          setImmediate(() => stop.abort(reason));
          await mustEndWith(subject, reason, next);
        } finally {
          await stall!.end();
        }
      },
      { settings: stall?.settings, needs: !stall && 'the subject has no faults.stall' },
    ),
    openCase(subject, 'releases a read that the caller leaves, and reads again', async ({ connector }) => {
      const signal = new AbortController().signal;
      const pages = connector.clients({ cursor: null, pageSize: 1, signal })[Symbol.asyncIterator]();
      await within(hangAfter(subject), pages.next(), 'page 1');
      await within(hangAfter(subject), Promise.resolve(pages.return?.()), 'leaving the read');
      await read(subject, connector, { atMost: 2 });
    }),
    openCase(subject, 'closes twice without an error', async ({ connector }) => {
      await read(subject, connector, { atMost: 1 });
      await within(hangAfter(subject), connector.close(), 'close()');
      await within(hangAfter(subject), connector.close(), 'the second close()');
    }),
  ];
}

async function mustEndWith(subject: Subject, reason: Error, next: Promise<IteratorResult<unknown>>): Promise<void> {
  const outcome = await within(
    hangAfter(subject),
    next.then(
      () => 'a page' as const,
      (error: unknown) => ({ error }),
    ),
    'the abort',
  );
  must(outcome !== 'a page', 'The read continued after the abort.');
  must(outcome.error === reason, 'The read ended with another error than signal.reason.');
}
