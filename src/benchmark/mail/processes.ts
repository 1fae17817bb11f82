import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../domain/problem.js';
import type { ChangeableOptions, LocalSesOptions } from '../../demo/ses/options.js';

/** What the endpoint counted. */
export interface SesState {
  accepted: { mails: number };
  refused: Partial<Record<string, number>>;
  firstAt?: number;
  lastAt?: number;
}

/** The local SES endpoint in a process of its own, as SES is one elsewhere. */
export interface SesProcess {
  url: string;
  state(): Promise<SesState>;
  /** Forgets what it counted and sets its limits anew. */
  restart(change: ChangeableOptions): Promise<void>;
  /** Accepted mails by address. */
  acceptedBy(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

const built = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export async function startSes(options: LocalSesOptions): Promise<SesProcess> {
  const child = spawn(process.execPath, [built('demo/ses/main.js'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await firstLine(child, 'the local SES endpoint');
  const call = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/control/${path}`, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    });
    if (!answer.ok) throw new Error(`The local SES endpoint answered ${answer.status} to ${path}.`);
    return answer.json();
  };
  return {
    url,
    state: async () => (await call('state')) as SesState,
    async restart(change) {
      await call('options', change);
      await call('clear', {});
    },
    acceptedBy: async () => ((await call('ledger')) as { destinations: Record<string, number> }).destinations,
    stop: () => ended(child, 'SIGTERM'),
  };
}

/** `pims-sync worker` processes as an operator starts them. */
export interface Workers {
  stop(): Promise<void>;
}

/** Resolves once all of them are working. What they log is thrown away, but written at the usual level. */
export async function startWorkers(count: number, env: Record<string, string>): Promise<Workers> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [built('main.js'), 'worker', '--lanes', 'mail,accounts'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(children.map((child) => ended(child, 'SIGTERM')));
  };
  try {
    await Promise.all(children.map(working));
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

function working(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (text: Buffer): void => {
      said += text.toString();
      if (!said.includes('"working"')) return;
      child.stderr?.off('data', listen).resume();
      resolve();
    };
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('exit', () => reject(died('A worker', said)));
  });
}

async function firstLine(child: ChildProcess, what: string): Promise<string> {
  const [said] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [
    Buffer | number,
  ];
  if (Buffer.isBuffer(said)) return said.toString().trim();
  throw died(what, '');
}

function died(what: string, said: string): Problem {
  return new Problem({
    code: 'benchmark-process-ended',
    message: `${what} ended before it was ready. ${said.trim().split('\n').at(-1) ?? ''}`.trim(),
    help: 'Run "npm run build" first; the benchmark starts the built program.',
  });
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
