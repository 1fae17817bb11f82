/** One measured thing: how long it took and the most memory the process held meanwhile. */
export interface Measured {
  seconds: number;
  /** Most resident memory above what the process had at the start of all measuring, in MiB. */
  peakMib: number;
}

/** Runs something once, watching the clock and the memory. */
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

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
