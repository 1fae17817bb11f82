import type { Config } from '../src/app/config-schema.js';

/** With fewer clients a suite only shows that it works, and may take shortcuts. */
export const fewestForSpeed = 1000;

/** One measurement of a suite. */
export interface Line {
  /** Name of the suite, for example `import`. */
  suite: string;
  /** Name of the scenario. It must stay the same from run to run, because results are compared by it. */
  what: string;
  /** Number of items processed; `unit` names them: clients, emails, requests, logins. */
  size: number;
  unit: string;
  seconds: number;
  /** Seconds of the baseline in the same run; null if there is none. */
  baselineSeconds: number | null;
  /** Peak memory of the process meanwhile, in MiB. */
  peakMib: number | null;
  /** Median time of a single item, where people wait for it. */
  medianMs?: number;
  p99Ms?: number;
  /** Median time of the baseline for a single item under the same load, to compare with `medianMs`. */
  baselineMs?: number;
  /** A short remark on the measurement. */
  note?: string;
  /** The target, and whether the measurement met it. */
  target?: { words: string; met: boolean };
}

export interface BenchOptions {
  config: Config;
  /** Number of clients of a practice, or of pet parents. */
  size: number;
  /** Reports progress; never part of the result. */
  say(text: string): void;
}

/** A suite: measurements that share one sandbox. */
export interface Suite {
  name: string;
  /** One sentence for the list of suites. */
  about: string;
  /** Measures and passes each line to `add` as soon as it is known. Leaves nothing behind, even if it fails. */
  run(options: BenchOptions, add: (line: Omit<Line, 'suite'>) => void): Promise<void>;
}

export function ratio(line: Pick<Line, 'seconds' | 'baselineSeconds' | 'medianMs' | 'baselineMs'>): number | null {
  if (line.baselineMs !== undefined && line.medianMs !== undefined) return line.medianMs / line.baselineMs;
  return line.baselineSeconds === null ? null : line.seconds / line.baselineSeconds;
}

export function perSecond(line: Pick<Line, 'seconds' | 'size'>): number {
  return line.size / line.seconds;
}
