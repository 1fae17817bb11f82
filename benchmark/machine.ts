import { readFileSync } from 'node:fs';

/** Returns the busy share of the whole machine's CPU since `before`, 0 to 1. */
export function machineBusy(before: MachineTimes | null): number | null {
  const now = machineTimes();
  if (!before || !now || now.all === before.all) return null;
  return 1 - (now.idle - before.idle) / (now.all - before.all);
}

export interface MachineTimes {
  all: number;
  idle: number;
}

export function machineTimes(): MachineTimes | null {
  try {
    const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const times = first.trim().split(/\s+/).slice(1).map(Number);
    return { all: times.reduce((sum, one) => sum + one, 0), idle: (times[3] ?? 0) + (times[4] ?? 0) };
  } catch {
    return null;
  }
}
