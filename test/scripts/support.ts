import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The project's root, in which jest runs. */
export const root = process.cwd();

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Its stdout so far. */
  stdout(): string;
  readonly ended: Promise<Ended>;
}

/** Makes an empty folder with a copy of scripts/ that looks like a whole project; `remove` deletes it. */
export async function makeProject(
  files: Readonly<Record<string, string>> = {},
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pims sync ')));
  await cp(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts a command; it gets only `env`, PATH, HOME and the temporary folder. */
export function launch(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
  return { child, stdout: () => stdout, ended };
}

export function run(
  folder: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return launch(folder, command, env).ended;
}

/** Resolves when the condition holds; rejects after 15 s with its name. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns true if this process exists and is not a zombie. A bare Debian has /proc and no `ps`. */
export async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const state = stat ? stat.slice(stat.lastIndexOf(')') + 2)[0] : (await psState(pid))[0];
  return state !== undefined && state !== 'Z';
}

async function psState(pid: number): Promise<string> {
  if (existsSync('/proc/self')) return '';
  return (await run('/', ['ps', '-o', 'stat=', '-p', String(pid)])).stdout.trim();
}
