import { createLog } from '../../src/platform/log.js';
import { ping } from '../../src/store/db/database.js';
import { requestSync, type SyncRun } from '../../src/store/sync-runs/sync-runs.js';
import { runSync } from '../../src/sync/run-sync.js';
import type { BenchOptions, Suite } from '../suite.js';
import { inTurn, measure, type Measured } from '../measure.js';
import { benchPractice, type BenchPractice } from '../practice.js';

/** Compares a practice's first import and nightly syncs with bare reads and inserts of the same rows. */
export const importSuite: Suite = {
  name: 'import',
  about: 'first import, unchanged night, nights with 1 % and 10 % changed',
  run: importAndNights,
};

const mostMib = 250;
const mostRatio = 1.5;

async function importAndNights({ config, size, say }: BenchOptions, add: Parameters<Suite['run']>[1]): Promise<void> {
  say(`making a practice of ${size} clients`);
  const bench = await benchPractice(config, size, createLog('error'));
  const line = (what: string, ours: Measured, baseline: Measured, promised: boolean) =>
    add({
      what,
      size,
      unit: 'clients',
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
      peakMib: ours.peakMib,
      ...(promised && {
        target: {
          words: `at most ${mostRatio} x and ${mostMib} MiB`,
          met: ours.seconds <= mostRatio * baseline.seconds && ours.peakMib <= mostMib,
        },
      }),
    });
  try {
    await ping(bench.app.db);
    const read = async (): Promise<Measured> => ({ seconds: await bench.bareRead(), peakMib: 0 });
    await read(); // The first read fills the page cache.
    const sync = () => measure(() => night(bench));
    let imported = false;
    const first = async () => {
      if (imported) await bench.forget();
      imported = true;
      return sync();
    };
    const bare = async () => {
      const seconds = (await bench.bareRead()) + (await bench.bareInsert());
      return { seconds, peakMib: 0 };
    };
    line('first import', ...(await inTurn(first, bare, size <= 100_000 ? 3 : 1)), true);
    line('unchanged night', ...(await inTurn(sync, read, size <= 100_000 ? 5 : 2)), true);
    for (const share of [0.01, 0.1]) {
      await bench.changeNight(share);
      line(`night with ${share * 100} % changed`, await sync(), await read(), false);
    }
  } finally {
    await bench.remove();
  }
}

async function night({ app }: BenchPractice): Promise<SyncRun> {
  const { runId } = await requestSync(
    app.db,
    { practiceId: 'bench', kind: 'resync', by: 'benchmark' },
    app.newId,
    app.clock,
  );
  const options = { signal: new AbortController().signal, isFinalAttempt: true };
  const deps = { ...app.syncDeps, onProgress: () => Promise.resolve() };
  return runSync(deps, await app.practice('bench'), runId, options);
}
