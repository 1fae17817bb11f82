import { generatePractice } from '../../demo/pims/practice.js';
import { isProblem } from '../../domain/problem.js';
import type { BenchOptions, Chapter } from '../chapter.js';
import { inTurn, measure } from '../measure.js';
import { startChild } from '../reading/child.js';
import { largePractices } from '../reading/large.js';
import { openPlaces, type Places } from '../reading/places.js';
import { readClients } from '../reading/read.js';
import { type ReadingSubject, subjectMakers } from '../reading/subjects.js';

type Add = Parameters<Chapter['run']>[1];

/** The connectors alone: what they make of pages against the bare driver, and how much memory a large practice takes. */
export const readingChapter: Chapter = {
  name: 'reading',
  about: 'pages of each SQL connector against its bare driver, and memory from 10,000 rows to 1,000,000',
  async run({ config, size, say }, add) {
    const places = await openPlaces(config.databaseUrl);
    try {
      await speeds(size, places, say, add);
      await memory(size, places, say, add);
    } finally {
      await places.remove();
    }
  },
};

const leastShare = 0.7;

async function speeds(size: number, places: Places, say: BenchOptions['say'], add: Add): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  const practice = generatePractice({ seed: 'benchmark', clients: size, today, mess: 0.2 });
  for (const [what, make] of Object.entries(subjectMakers)) {
    say(`filling ${what}`);
    let subject: ReadingSubject;
    try {
      subject = await make(practice, places);
    } catch (error) {
      if (!isProblem(error) || error.code !== 'pims-driver-missing') throw error;
      say(`${what} is left out: ${error.message}`);
      continue;
    }
    try {
      await speed(subject, subject.clients ?? size, add);
    } finally {
      await subject.stop?.();
    }
  }
}

async function speed(subject: ReadingSubject, size: number, add: Add): Promise<void> {
  const { what, note, source, bare } = subject;
  let rows = 0;
  const [ours, floor] = await inTurn(
    () => measure(() => readClients(source)),
    () => measure(async () => (rows = await bare())),
  );
  const share = floor.seconds / ours.seconds;
  add({
    what,
    size,
    unit: 'clients',
    seconds: ours.seconds,
    floorSeconds: floor.seconds,
    peakMib: ours.peakMib,
    note: [`${rows} rows, ${Math.round(rows / ours.seconds)} a second`, note].filter(Boolean).join('; '),
    target: {
      words: `at least ${leastShare * 100} % of the bare driver's rows a second (here ${Math.round(share * 100)} %)`,
      met: share >= leastShare,
    },
  });
}

/** How much more of the machine a hundred times as many rows may take. */
const mostGrowthMib = 64;

interface Held {
  rows: number;
  seconds: number;
  peakMib: number;
}

/** Each reading in a process of its own, which tells the most memory that it ever held. */
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
    const line = { unit: 'rows', floorSeconds: null };
    add({ ...line, what: `memory of ${what}, few`, size: few.rows, seconds: few.seconds, peakMib: few.peakMib }); // prettier-ignore
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
