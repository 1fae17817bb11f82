import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';

/** The installed binary, built by `npm run build`. */
const binary = resolve('dist/src/main.js');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Running {
  pid: number;
  /** All output so far. */
  output(): string;
  /** Waits until its output contains this. @throws with the output if it ends, or after a minute */
  says(words: string | RegExp): Promise<void>;
  /** Sends a signal and waits for the exit. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** Starts `pims-sync` in its own process with this environment and, of the test's, only the PATH. */
export function startPimsSync(args: readonly string[], env: Record<string, string>, cwd?: string): Running {
  return startProgram(binary, args, env, cwd);
}

/** Starts the benchmark in its own process, as `npm run benchmark` does. */
export function startBenchmark(args: readonly string[], env: Record<string, string>): Running {
  return startProgram(resolve('dist/benchmark/main.js'), args, env);
}

function startProgram(program: string, args: readonly string[], env: Record<string, string>, cwd?: string): Running {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd ? { cwd } : {}),
  });
  running.add(child);
  const written = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.err += text));
  const ended = new Promise<Ended>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      running.delete(child);
      done({ code, signal, ...written });
    });
  });
  const output = () => written.out + written.err;
  const holds = (words: string | RegExp) =>
    typeof words === 'string' ? output().includes(words) : words.test(output());
  return {
    pid: child.pid as number,
    output,
    ended,
    async says(words) {
      await until(`pims-sync ${args.join(' ')} says ${words}`, () => {
        if (holds(words)) return true;
        if (running.has(child)) return false;
        throw new Error(`pims-sync ${args.join(' ')} ended before it said ${words}:\n${output()}`);
      });
    },
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs one command of `pims-sync` until it exits. */
export function pimsSync(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<Ended> {
  return startPimsSync(args, env, cwd).ended;
}

/** Ends all processes that a test left running; call it in `afterAll`. */
export async function killAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      return closed;
    }),
  );
}

/** Polls until the condition is true. @throws with the name of the condition */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}.`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** Returns a free port of this machine. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
