import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NightOptions } from '../demo/practices/night.js';

/** The jobs of the helper process; each returns the seconds it took. */
interface Jobs {
  fill: { clients: number; file: string; today: string };
  night: { clients: number; file: string; today: string } & Pick<NightOptions, 'night' | 'share'>;
  bareRead: { connectionString: string; pageSize: number };
  bareInsert: { databaseUrl: string };
}

export type Job = { [Name in keyof Jobs]: { name: Name; options: Jobs[Name] } }[keyof Jobs];
export type Answer = { seconds: number } | { error: string };

export interface HelperProcess {
  do<Name extends keyof Jobs>(name: Name, options: Jobs[Name]): Promise<number>;
  end(): void;
}

/**
 * Starts a helper process that makes the practice's data and runs the bare scripts, so that their memory is not counted
 * as that of the measured process.
 */
export function startHelperProcess(): HelperProcess {
  const child = fork(fileURLToPath(new URL('./helper-process-main.js', import.meta.url)), {
    execArgv: [],
    serialization: 'advanced',
  });
  return {
    do(name, options) {
      return new Promise((resolve, reject) => {
        const gone = (code: number | null) => reject(new Error(`The helper process ended (${code}).`));
        child.once('exit', gone);
        child.once('message', (answer: Answer) => {
          child.off('exit', gone);
          if ('error' in answer) reject(new Error(answer.error));
          else resolve(answer.seconds);
        });
        child.send({ name, options });
      });
    },
    end: () => void child.kill(),
  };
}
