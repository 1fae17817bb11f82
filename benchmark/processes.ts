import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../src/lib/problem.js';
import { ToolProblem } from '../demo/tool-problem.js';

/** CPU time and memory of a process as the kernel counts them; null on systems without /proc. */
export interface Taken {
  cpuSeconds: number;
  peakMib: number;
}

export interface Started {
  taken(): Taken | null;
  stop(): Promise<void>;
}

/** Returns the path of one of our programs as `npm run build` makes it. */
export const built = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Starts `pims-sync` as an operator does; resolves once it reports that it is up. Discards its log. */
export async function startProcess(
  args: readonly string[],
  env: Record<string, string>,
  isUp: string,
): Promise<Started> {
  const child = spawn(process.execPath, [built('src/main.js'), ...args], {
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
    child.once('exit', () => reject(died(`pims-sync ${args.join(' ')}`, said)));
  });
  return { taken: () => takenBy(child), stop: () => ended(child) };
}

/** Linux counts a process's CPU time in hundredths of a second on every machine. */
const ticksASecond = 100;

function takenBy({ pid }: ChildProcess): Taken | null {
  try {
    // The name in brackets may hold any character, so fields are split after it.
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

/** Builds the problem of a process that ended while it was still needed; `said` is its output. */
export function died(what: string, said: string): Problem {
  return new ToolProblem({
    code: 'benchmark-process-ended',
    message: `${what} ended too soon. ${said.trim().split('\n').at(-1) ?? ''}`.trim(),
    help: 'Run "npm run build" first; the benchmark starts the built program.',
  });
}

/** Asks a process to stop; resolves once it has ended. */
export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
