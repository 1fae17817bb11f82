import type { BenchOptions, Suite } from '../suite.js';
import { nightSandbox, type Night } from '../nightly/sandbox.js';

/** Measures the same night with one, two and three worker processes. */
export const workersSuite: Suite = {
  name: 'workers',
  about: 'the same night with one, two and three worker processes on this machine',
  run: workers,
};

const mostClientsEach = 2000;

async function workers({ config, size, say }: BenchOptions, add: Parameters<Suite['run']>[1]): Promise<void> {
  const practices = Math.max(4, Math.round(size / mostClientsEach));
  const sizes = Array.from({ length: practices }, () => Math.max(10, Math.floor(size / practices)));
  say(`making ${practices} practices`);
  const sandbox = await nightSandbox(config, sizes);
  try {
    say('importing them all');
    await sandbox.night(2, say);
    for (const processes of [1, 2, 3]) {
      const night = await sandbox.night(processes, say);
      add({
        what: `unchanged night of ${practices} practices, ${processes} worker process${processes > 1 ? 'es' : ''}`,
        size: night.read,
        unit: 'clients',
        seconds: night.seconds,
        baselineSeconds: null,
        peakMib: night.workers?.peakMib ?? null,
        note: busy(night),
      });
    }
  } finally {
    await sandbox.remove();
  }
}

/** Describes the cores that the workers used and the load of the whole machine, on which PIMS and databases run too. */
export function busy({ workers: taken, seconds, machineBusy }: Night): string {
  const cores = taken === null ? '' : `workers used ${(taken.cpuSeconds / seconds).toFixed(2)} cores`;
  const machine = machineBusy === null ? '' : `the machine was ${(machineBusy * 100).toFixed(0)} % busy`;
  return [cores, machine].filter(Boolean).join(', ');
}
