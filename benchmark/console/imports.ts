import { spawn, type ChildProcess } from 'node:child_process';
import type { Database } from '../../src/store/db/database.js';
import { built, died, ended } from '../processes.js';

/** Imports practices one after the other in a process of its own, until stopped. */
export interface Imports {
  /**
   * @returns the number of clients imported
   * @throws Problem `benchmark-process-ended` if an import failed, or all ended before this call
   */
  stop(): Promise<number>;
}

export function startImports(db: Database, practiceIds: readonly string[], env: Record<string, string>): Imports {
  let stopping = false;
  let child: ChildProcess | undefined;
  const run = async (): Promise<void> => {
    for (const id of practiceIds) {
      if (stopping) return;
      child = spawn(process.execPath, [built('src/main.js'), 'sync', id], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += String(text)));
      const code = await new Promise((resolve) => child?.once('exit', resolve));
      if (code !== 0 && !stopping) throw died(`The import of ${id}`, said);
    }
    if (!stopping) throw died('The last import', 'There are too few practices to import.');
  };
  // `stop` reports a failure; handling it here avoids an unhandled rejection before that.
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
