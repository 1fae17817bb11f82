import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';

/** The binary as it is installed; `npm run build` makes it. */
const binary = resolve('dist/src/main.js');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Running {
  pid: number;
  /** Everything that it wrote so far. */
  output(): string;
  /** Waits until its output holds this. @throws with the output when it ends, or a minute passes, before that */
  says(words: string | RegExp): Promise<void>;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  ended: Promise<Ended>;
}

const running = new Set<ChildProcess>();

/** Starts `pims-sync` in a process of its own, with this environment and nothing of the test's but its PATH. */
export function startPimsSync(args: readonly string[], env: Record<string, string>, cwd?: string): Running {
  const child = spawn(process.execPath, [binary, ...args], {
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

/** Runs one command of `pims-sync` to its end. */
export function pimsSync(args: readonly string[], env: Record<string, string>, cwd?: string): Promise<Ended> {
  return startPimsSync(args, env, cwd).ended;
}

/** Ends whatever a test left running; call it in `afterAll`. */
export async function killAll(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      const closed = new Promise((done) => child.once('close', done));
      child.kill('SIGKILL');
      return closed;
    }),
  );
}

/** Asks again until it is true. @throws naming what was waited for */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}.`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** A port of this machine on which nobody listens. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host);
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
