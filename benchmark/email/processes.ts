import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ChangeableOptions, LocalSesOptions } from '../../demo/ses/options.js';
import { built, died, ended, startProcess } from '../processes.js';

/** The counts of the SES endpoint. */
export interface SesState {
  accepted: { mails: number };
  refused: Partial<Record<string, number>>;
  firstAt?: number;
  lastAt?: number;
  /** By the domain of the recipients. */
  domains: Partial<Record<string, { mails: number; lastAt: number }>>;
}

/** The local SES endpoint in a process of its own, so that it does not share our event loop. */
export interface SesProcess {
  url: string;
  state(): Promise<SesState>;
  /** Resets its counts and sets its limits. */
  restart(change: ChangeableOptions): Promise<void>;
  stop(): Promise<void>;
}

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
    stop: () => ended(child),
  };
}

/** Returns the environment variables that make a process send through this endpoint. */
export function sesAccess({ url }: SesProcess): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SES: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'benchmark',
    AWS_SECRET_ACCESS_KEY: 'benchmark',
  };
}

/** The `pims-sync worker` processes, started as an operator starts them. */
export interface Workers {
  stop(): Promise<void>;
}

/** Starts workers; resolves once all are ready. If one fails to start, stops the others. */
export async function startWorkers(count: number, env: Record<string, string>): Promise<Workers> {
  const one = () => startProcess(['worker', '--queues', 'mail,accounts'], env, '"working"');
  const started = await Promise.allSettled(Array.from({ length: count }, one));
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((each) => each.stop()));
  };
  const failed = started.find((each) => each.status === 'rejected');
  if (!failed) return { stop };
  await stop();
  throw failed.reason;
}

async function firstLine(child: ChildProcess, what: string): Promise<string> {
  const [said] = (await Promise.race([once(child.stdout!, 'data'), once(child, 'exit')])) as [Buffer | number];
  if (Buffer.isBuffer(said)) return said.toString().trim();
  throw died(what, '');
}
