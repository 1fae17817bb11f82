import { createLog } from '../../log.js';
import { changeNight } from '../../demo/pims/night.js';
import { ping } from '../../store/database.js';
import { requestSync, type SyncRun } from '../../store/syncs.js';
import { runSync } from '../../sync/run.js';
import type { BenchOptions, Chapter } from '../chapter.js';
import { bareInsert, bareRead, ourTables, type OurRows } from '../import-floors.js';
import { inTurn, measure, type Measured } from '../measure.js';
import { benchPractice, type BenchPractice } from '../practice.js';

/** A practice's first import and its nights, against reading and inserting the same rows with nothing of ours. */
export const importChapter: Chapter = {
  name: 'import',
  about: 'first import, unchanged night, nights with 1 % and 10 % changed',
  run: importAndNights,
};

const mostMib = 250;
const mostRatio = 1.5;

async function importAndNights(
  { config, size, say }: BenchOptions,
  add: Parameters<Chapter['run']>[1],
): Promise<void> {
  say(`making a practice of ${size} clients`);
  const bench = await benchPractice(config, size, createLog('error'));
  const line = (what: string, ours: Measured, floor: Measured, promised: boolean) =>
    add({
      what,
      size,
      unit: 'clients',
      seconds: ours.seconds,
      floorSeconds: floor.seconds,
      peakMib: ours.peakMib,
      ...(promised && {
        target: {
          words: `at most ${mostRatio} x and ${mostMib} MiB`,
          met: ours.seconds <= mostRatio * floor.seconds && ours.peakMib <= mostMib,
        },
      }),
    });
  try {
    await ping(bench.app.db);
    const read = () => measure(() => bareRead(bench.connectionString, 1000));
    await read(); // The first read fills the page cache.
    const sync = () => measure(() => night(bench));

    const first = await sync();
    const rows = await ourRows(bench);
    const inserted = await measure(() => bareInsert(bench.databaseUrl, rows));
    const readFloor = await read();
    line('first import', first, { seconds: readFloor.seconds + inserted.seconds, peakMib: 0 }, true);
    line('unchanged night', ...(await inTurn(sync, read)), true);
    for (const share of [0.01, 0.1]) {
      const { practice, today, file } = bench;
      await changeNight({ practice, night: String(share), share, today, file });
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
  const options = { signal: new AbortController().signal, lastTry: true };
  const deps = { ...app.syncDeps, onProgress: () => Promise.resolve() };
  return runSync(deps, app.practice('bench'), runId, options);
}

async function ourRows({ app }: BenchPractice): Promise<OurRows> {
  const counts = {} as OurRows;
  for (const name of ourTables) {
    const row = await app.db
      .selectFrom(name)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    counts[name] = Number(row.n);
  }
  return counts;
}
