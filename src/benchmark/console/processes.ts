import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Problem } from '../../domain/problem.js';
import type { Database } from '../../store/database.js';

/** `pims-sync` as it is installed; `npm run build` makes it. */
const binary = fileURLToPath(new URL('../../main.js', import.meta.url));

/** Starts `pims-sync web` as an operator does; resolves once it serves. What it logs is written and thrown away. */
export async function startWeb(env: Record<string, string>): Promise<{ stop(): Promise<void> }> {
  const child = start(['web'], env);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    const listen = (text: Buffer): void => {
      said += text.toString();
      if (!said.includes('"serving"')) return;
      for (const stream of [child.stdout, child.stderr]) stream?.off('data', listen).resume();
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', listen);
    child.once('error', reject);
    child.once('exit', () => reject(died('The web process', said)));
  });
  return { stop: () => ended(child) };
}

/** Practices that are imported in a process of their own, one after the other, until it is stopped. */
export interface Imports {
  /**
   * @returns how many clients came in
   * @throws Problem `benchmark-process-ended` when an import failed, or all were done before this was called
   */
  stop(): Promise<number>;
}

export function startImports(
  db: Database,
  practiceIds: readonly string[],
  env: Record<string, string>,
): Imports {
  let stopping = false;
  let child: ChildProcess | undefined;
  const run = async (): Promise<void> => {
    for (const id of practiceIds) {
      if (stopping) return;
      child = start(['sync', id], env);
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += String(text)));
      const code = await new Promise((resolve) => child?.once('exit', resolve));
      if (code !== 0 && !stopping) throw died(`The import of ${id}`, said);
    }
    if (!stopping) throw died('The last import', 'There are too few practices to import.');
  };
  // Told at the end; until then it is nobody's.
  const running = run().then(
    () => null,
    (error: unknown) => error as Error,
  );
  return {
    async stop() {
      stopping = true;
      if (child) await ended(child);
      const error = await running;
      if (error) throw error;
      const { n } = await db
        .selectFrom('pims_clients')
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('practice_id', 'in', [...practiceIds])
        .executeTakeFirstOrThrow();
      return Number(n);
    },
  };
}

function start(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [binary, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function died(what: string, said: string): Problem {
  return new Problem({
    code: 'benchmark-process-ended',
    message: `${what} ended too soon. ${said.trim().split('\n').at(-1) ?? ''}`.trim(),
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
