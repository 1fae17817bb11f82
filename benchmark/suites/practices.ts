import type { BenchOptions, Suite } from '../suite.js';
import { quantile } from '../measure.js';
import { nightSandbox, type Night } from '../nightly/sandbox.js';
import { busy } from './workers.js';

/** Measures a night of many practices: its duration, the data age at its end, and whether any practice starves. */
export const practicesSuite: Suite = {
  name: 'practices',
  about: 'a night of many practices with mixed connectors, through real workers and queues',
  run: practices,
};

const clientsEach = 2000;
const workerProcesses = 2;
/** The practice enqueued first is this many times as large as the others. */
const timesAsLarge = 10;

async function practices({ config, size, say }: BenchOptions, add: Parameters<Suite['run']>[1]): Promise<void> {
  const sizes = sizesOf(size);
  say(`making ${sizes.length} practices of ${sizes.at(-1)} clients, one of ${sizes[0]}`);
  const began = Date.now();
  const sandbox = await nightSandbox(config, sizes);
  say(`that took ${((Date.now() - began) / 1000).toFixed(0)} s`);
  const line = (what: string, night: Night, note: string) =>
    add({
      what,
      size: night.read,
      unit: 'clients',
      seconds: night.seconds,
      baselineSeconds: null,
      peakMib: night.workers?.peakMib ?? null,
      note: `${sizes.length} practices; ${note}; Redis ${night.redisMib.toFixed(0)} MiB; ${busy(night)}`,
    });
  try {
    const first = await sandbox.night(workerProcesses, say);
    line(
      'every practice imported for the first time',
      first,
      `database ${(await sandbox.databaseMib()).toFixed(0)} MiB`,
    );
    await sandbox.changeSome();
    const night = await sandbox.night(workerProcesses, say);
    line('a night, 0.5 % changed', night, `${ages(night)}; ${fairness(night, sizes)}`);
  } finally {
    await sandbox.remove();
  }
}

function sizesOf(size: number): number[] {
  const each = Math.min(clientsEach, Math.max(10, Math.floor(size / 4)));
  const count = Math.max(4, Math.round(size / each));
  // Among few practices, a large one would take most of the night.
  if (count <= timesAsLarge) return Array<number>(count).fill(each);
  return [each * timesAsLarge, ...Array<number>(count - 1).fill(each)];
}

/** Describes the data age of the practices when the last one is done; before the night, it was a day older. */
function ages({ doneAfter, seconds }: Night): string {
  const old = doneAfter.map((after) => seconds - after);
  return `age of data at the end: maximum ${Math.max(...old).toFixed(1)} s, median ${quantile(old, 0.5).toFixed(1)} s`;
}

/**
 * Describes fairness. A practice's fair share is the part of the night that its clients and those enqueued before take.
 * The largest delay behind that share shows whether a practice starved.
 */
function fairness({ doneAfter, seconds }: Night, sizes: readonly number[]): string {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  let enqueued = 0;
  const late = doneAfter.map((after, at) => {
    enqueued += sizes[at] as number;
    return (after - (enqueued / all) * seconds) / seconds;
  });
  // The large practice is enqueued first; practices that waited for it ended later.
  const ahead = doneAfter.filter((after) => after < (doneAfter[0] as number)).length;
  return `largest delay ${(Math.max(...late) * 100).toFixed(0)} % of the night behind its fair share, ${ahead} done before the one enqueued first`;
}
