import { setTimeout as wait } from 'node:timers/promises';

/** One measurement: its duration and the peak memory of the process meanwhile. */
export interface Measured {
  seconds: number;
  /** Peak resident memory of the whole process, in MiB. */
  peakMib: number;
}

/** Runs `work` once and measures its duration and peak memory. */
export async function measure(work: () => Promise<unknown>): Promise<Measured> {
  let peak = process.memoryUsage.rss();
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 25);
  const start = process.hrtime.bigint();
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { seconds, peakMib: Math.max(peak, process.memoryUsage.rss()) / 1024 / 1024 };
}

/** Measures work and its baseline alternately, so that both meet the same load on the machine; returns the medians. */
export async function inTurn(
  ours: () => Promise<Measured>,
  baseline: () => Promise<Measured>,
  turns = 5,
): Promise<[Measured, Measured]> {
  const pairs: [Measured, Measured][] = [];
  for (let turn = 0; turn < turns; turn++) pairs.push([await ours(), await baseline()]);
  const middle = (at: 0 | 1): Measured => ({
    seconds: median(pairs.map((pair) => pair[at].seconds)),
    peakMib: Math.max(...pairs.map((pair) => pair[at].peakMib)),
  });
  return [middle(0), middle(1)];
}

/** Times one small operation repeatedly, with a pause between, while other work runs. @returns milliseconds of each */
export function timeRepeatedly(thing: () => Promise<unknown>, pauseMs: number): { stop(): Promise<number[]> } {
  const times: number[] = [];
  let stopping = false;
  const running = (async () => {
    do {
      times.push((await measure(thing)).seconds * 1000);
      await wait(pauseMs);
    } while (!stopping);
  })();
  running.catch(() => undefined);
  return {
    async stop() {
      stopping = true;
      await running;
      return times;
    },
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Returns the value below which this share of the values lies, interpolated between neighbours. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN];
  return low + (high - low) * (at - Math.floor(at));
}
