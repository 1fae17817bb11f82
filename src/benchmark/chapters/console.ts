import type { BenchOptions, Chapter } from '../chapter.js';
import { kinds } from '../console/asks.js';
import { consoleGround } from '../console/ground.js';
import { signIn, work, type Answered } from '../console/staff.js';
import { median, quantile } from '../measure.js';

/** What staff wait for, over HTTP from a web process of its own, while another process imports practices. */
export const consoleChapter: Chapter = {
  name: 'console',
  about: 'search, details, lists and filters for 50 staff while an import runs',
  run: staffAtWork,
};

const staffCount = 50;
const mostMedianMs = 50;
const mostP99Ms = 200;
/** A member of staff who works in the console all day long does something every two seconds at the most. */
const thinkMs = 2000;

async function staffAtWork(
  { config, size, say }: BenchOptions,
  add: Parameters<Chapter['run']>[1],
): Promise<void> {
  const ground = await consoleGround(config, size, say);
  try {
    const staff = await signIn(ground.db, ground.origin, staffCount);
    const whole = size >= 100_000;
    say('warming up');
    await work(ground.origin, staff, { asks: whole ? 6 : 1, thinkMs: 0 });
    const imports = ground.startImports();
    say(`${staffCount} staff at work, one ask every ${thinkMs / 1000} s each, while practices are imported`);
    const among = `among ${size}`;
    const started = Date.now();
    const answered = await work(ground.origin, staff, { asks: whole ? 44 : 4, thinkMs });
    const seconds = (Date.now() - started) / 1000;
    for (const kind of Object.keys(kinds)) {
      const some = answered.filter((one) => one.kind === kind);
      const times = timesOf(some);
      const met = times.medianMs <= mostMedianMs && times.p99Ms <= mostP99Ms;
      const target = { words: `half within ${mostMedianMs} ms, 99 % within ${mostP99Ms} ms`, met };
      add({ ...line(`${kind} ${among}`, some, seconds), ...times, target });
    }
    say('the same without a pause');
    const again = Date.now();
    const hurried = await work(ground.origin, staff, { asks: whole ? 22 : 4, thinkMs: 0 });
    const all = line(`all of it without a pause ${among}`, hurried, (Date.now() - again) / 1000);
    const imported = await imports.stop();
    add({
      ...all,
      ...timesOf(hurried),
      note: `${staffCount} at once; ${imported} clients imported meanwhile`,
    });
  } finally {
    await ground.remove();
  }
}

function timesOf(answered: readonly Answered[]): { medianMs: number; p99Ms: number } {
  const times = answered.map(({ ms }) => ms);
  return { medianMs: median(times), p99Ms: quantile(times, 0.99) };
}

function line(what: string, answered: readonly Answered[], seconds: number) {
  return { what, size: answered.length, unit: 'requests', seconds, floorSeconds: null, peakMib: null };
}
