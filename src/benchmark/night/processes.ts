import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../domain/problem.js';

/** What a process took, as the kernel counts it; null where there is no /proc. */
export interface Taken {
  cpuSeconds: number;
  peakMib: number;
}

export interface Started {
  taken(): Taken | null;
  stop(): Promise<void>;
}

const binary = fileURLToPath(new URL('../../main.js', import.meta.url));

/** Starts `pims-sync` as an operator does; resolves once it says that it is up. What it logs is thrown away. */
export async function startProcess(
  args: readonly string[],
  env: Record<string, string>,
  isUp: string,
): Promise<Started> {
  const child = spawn(process.execPath, [binary, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const listen = (text: Buffer): void => {
      said += text.toString();
      if (!said.includes(isUp)) return;
      child.stderr.off('data', listen).resume();
      resolve();
    };
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', () => reject(died(args, said)));
  });
  return { taken: () => takenBy(child), stop: () => ended(child) };
}

/** What of the whole machine was busy since `before`, 0 to 1. */
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

/** Linux counts a process's time in hundredths of a second, whatever the machine. */
const ticksASecond = 100;

function takenBy({ pid }: ChildProcess): Taken | null {
  try {
    // The name in brackets may hold anything; what follows it does not.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksASecond;
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpuSeconds, peakMib: Number(peak) / 1024 };
  } catch {
    return null;
  }
}

function died(args: readonly string[], said: string): Problem {
  return new Problem({
    code: 'benchmark-process-ended',
    message: `pims-sync ${args.join(' ')} ended too soon. ${said.trim().split('\n').at(-1) ?? ''}`.trim(),
    help: 'Run "npm run build" first; the benchmark starts the built program.',
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
