import type { Secret } from '../../src/lib/secret.js';
import type { BenchOptions, Suite } from '../suite.js';
import { startChild } from '../reading/child.js';
import { largePractices } from '../reading/large.js';
import { openPlaces, type Places } from '../reading/places.js';
import type { SpeedAnswer, SpeedOptions } from '../reading/speed-process.js';
import { subjectMakers } from '../reading/subjects.js';

type Add = Parameters<Suite['run']>[1];

/** Measures the connectors alone: their speed against the bare driver, and the memory of a large practice. */
export const readingSuite: Suite = {
  name: 'reading',
  about: 'pages of each SQL connector against its bare driver, and memory from 10,000 rows to 1,000,000',
  async run({ config, size, say }, add) {
    await speeds(size, config.databaseUrl, say, add);
    const places = await openPlaces(config.databaseUrl);
    try {
      await memory(size, places, say, add);
    } finally {
      await places.remove();
    }
  },
};

const leastShare = 0.7;

async function speeds(size: number, databaseUrl: Secret, say: BenchOptions['say'], add: Add): Promise<void> {
  for (const what of Object.keys(subjectMakers)) {
    say(`filling ${what}`);
    const options: SpeedOptions = { what, clients: size, databaseUrl: databaseUrl.open() };
    const { answer, stop } = await startChild<SpeedAnswer>('./speed-process.js', options);
    await stop();
    if ('leftOut' in answer) {
      say(`${what} is skipped: ${answer.leftOut}`);
      continue;
    }
    const { ours, baseline, rows, clients, note } = answer;
    const share = baseline.seconds / ours.seconds;
    add({
      what,
      size: clients,
      unit: 'clients',
      seconds: ours.seconds,
      baselineSeconds: baseline.seconds,
      peakMib: ours.peakMib,
      note: [`${rows} rows, ${Math.round(rows / ours.seconds)} a second`, note].filter(Boolean).join('; '),
      target: {
        words: `at least ${leastShare * 100} % of the bare driver's rows a second (here ${Math.round(share * 100)} %)`,
        met: share >= leastShare,
      },
    });
  }
}

/** Memory that a hundred times as many rows may take in addition, in MiB. */
const mostGrowthMib = 64;

interface Held {
  rows: number;
  seconds: number;
  peakMib: number;
}

/** Measures memory; each read runs in a process of its own that reports its peak memory. */
async function memory(size: number, places: Places, say: BenchOptions['say'], add: Add): Promise<void> {
  const most = Math.min(1_000_000, size * 100);
  for (const { what, make } of largePractices) {
    const held: Held[] = [];
    for (const rows of [most / 100, most]) {
      say(`filling ${what} with ${rows} rows`);
      const child = await startChild<Held>('./memory-process.js', await make(rows, places));
      await child.stop();
      held.push(child.answer);
    }
    const [few, many] = held as [Held, Held];
    const growth = many.peakMib - few.peakMib;
    const line = { unit: 'rows', baselineSeconds: null };
    add({ ...line, what: `memory of ${what}, few`, size: few.rows, seconds: few.seconds, peakMib: few.peakMib });
    add({
      ...line,
      what: `memory of ${what}, a hundred times as many`,
      size: many.rows,
      seconds: many.seconds,
      peakMib: many.peakMib,
      target: {
        words: `level: at most ${mostGrowthMib} MiB more (here ${growth < 0 ? '' : '+'}${Math.round(growth)} MiB)`,
        met: growth <= mostGrowthMib,
      },
    });
  }
}
