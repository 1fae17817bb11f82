import type { Config } from '../src/app/config.js';

/** With fewer clients a chapter only shows that it works, and may take a shorter way. */
export const fewestForSpeed = 1000;

/** One measured thing. */
export interface Line {
  /** The chapter's name, such as `import`. */
  chapter: string;
  /** What was done, in words that stay the same from run to run: results are compared by them. */
  what: string;
  /** How many things it was done to, and what they are: clients, emails, requests, log-ins. */
  size: number;
  unit: string;
  seconds: number;
  /** What the least work for the same took, in the same run; null where there is no such floor. */
  floorSeconds: number | null;
  /** Most memory the process held meanwhile, in MiB. */
  peakMib: number | null;
  /** How long a single one took, where that is what people wait for. */
  medianMs?: number;
  p99Ms?: number;
  /** What the least work for a single one took under the same load, where that is what `medianMs` is held against. */
  floorMs?: number;
  /** Anything else worth reading, in a few words. */
  note?: string;
  /** What we promise of it, and whether it held. */
  target?: { words: string; met: boolean };
}

export interface BenchOptions {
  config: Config;
  /** How many clients a practice has, or how many pet parents there are. */
  size: number;
  /** Tells what is going on; never part of the result. */
  say(text: string): void;
}

/** Everything that belongs together and is measured on the same ground. */
export interface Chapter {
  name: string;
  /** One sentence for the list of chapters. */
  about: string;
  /** Measures; each line is handed over as soon as it is known. Leaves nothing behind, also when it fails. */
  run(options: BenchOptions, add: (line: Omit<Line, 'chapter'>) => void): Promise<void>;
}

export function ratio(line: Pick<Line, 'seconds' | 'floorSeconds' | 'medianMs' | 'floorMs'>): number | null {
  if (line.floorMs !== undefined && line.medianMs !== undefined) return line.medianMs / line.floorMs;
  return line.floorSeconds === null ? null : line.seconds / line.floorSeconds;
}

export function perSecond(line: Pick<Line, 'seconds' | 'size'>): number {
  return line.size / line.seconds;
}
