import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hangAfter, opened } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { must, within } from '../verdict.js';

export function memoryCases(subject: Subject): ConformanceCase[] {
  const { large } = subject;
  return [
    {
      name: 'reads a large source in bounded memory',
      ...(large ? {} : { notRun: 'the subject has no large source' }),
      async run() {
        const limit = large!.limitMb ?? 128;
        const before = await settledMb();
        let most = 0;
        await opened(subject, large!.settings, async ({ connector }) => {
          const pages = connector.clients({
            cursor: null,
            pageSize: 1000,
            signal: new AbortController().signal,
          });
          const iterator = pages[Symbol.asyncIterator]();
          const nextPage = () =>
            within(Math.max(hangAfter(subject), 60_000), iterator.next(), 'a page of the large source');
          let [clients, count] = [0, 0];
          for (let step = await nextPage(); step.done !== true; step = await nextPage()) {
            clients += step.value.clients.length;
            if (count++ % 10 === 0) most = Math.max(most, usedMb() - before);
          }
          must(clients === large!.clients, `The read returned ${clients} of ${large!.clients} clients.`);
        });
        must(
          most <= limit,
          `Reading ${large!.clients} clients took ${Math.ceil(most)} MB of memory, more than ${limit} MB.`,
        );
      },
    },
  ];
}

/** Waits until the used memory no longer falls, because earlier work may still release some. Returns it in MB. */
async function settledMb(): Promise<number> {
  let held = usedMb();
  for (let turn = 0, still = 0; turn < 40 && still < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = usedMb();
    still = held - now < 0.5 ? still + 1 : 0;
    held = now;
  }
  return held;
}

let collectGarbage: (() => void) | undefined;

/** Returns the used memory in MB after a garbage collection, so that earlier garbage does not count. */
function usedMb(): number {
  if (!collectGarbage) {
    setFlagsFromString('--expose-gc');
    collectGarbage = runInNewContext('gc') as () => void;
  }
  collectGarbage();
  collectGarbage(); // frees what the first one only found to be unreachable
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}
