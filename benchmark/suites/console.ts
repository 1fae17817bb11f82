import { sql } from 'kysely';
import { fewestForSpeed, type BenchOptions, type Suite } from '../suite.js';
import { kinds } from '../console/scenarios.js';
import { consoleSandbox, type ConsoleSandbox } from '../console/sandbox.js';
import { signIn, work, type Answered } from '../console/staff.js';
import { median, quantile, timeRepeatedly } from '../measure.js';

/** Measures the response times of the console over HTTP while another process imports practices. */
export const consoleSuite: Suite = {
  name: 'console',
  about: 'search, details, lists and filters for 50 staff while an import runs',
  run: staffAtWork,
};

const staffCount = 50;
const baselineEveryMs = 100;
const mostMedianMs = 50;
const mostP99Ms = 200;
/** Staff who work in the console all day make at most one request every two seconds. */
const thinkMs = 2000;

async function staffAtWork({ config, size, say }: BenchOptions, add: Parameters<Suite['run']>[1]): Promise<void> {
  // With fewer pet parents the lists have no second page.
  const people = Math.max(size, fewestForSpeed);
  const sandbox = await consoleSandbox(config, people, say);
  try {
    const staff = await signIn(sandbox.db, sandbox.origin, staffCount);
    const whole = people >= 100_000;
    const [calmRequests, pauseMs] = size < fewestForSpeed ? [1, 100] : [whole ? 44 : 4, thinkMs];
    say('warming up');
    await work(sandbox.origin, staff, { requests: whole ? 6 : 1, thinkMs: 0 });
    const imports = sandbox.startImports();
    say(`${staffCount} staff at work, one request every ${pauseMs / 1000} s each, while practices are imported`);
    const among = `among ${people}`;
    const calm = await withBaseline(sandbox, () =>
      work(sandbox.origin, staff, { requests: calmRequests, thinkMs: pauseMs }),
    );
    for (const kind of Object.keys(kinds)) {
      const some = calm.answered.filter((one) => one.kind === kind);
      const times = timesOf(some);
      const met = times.medianMs <= mostMedianMs && times.p99Ms <= mostP99Ms;
      const target = { words: `half within ${mostMedianMs} ms, 99 % within ${mostP99Ms} ms`, met };
      add({ ...line(`${kind} ${among}`, some, calm.seconds), ...times, baselineMs: calm.baselineMs, target });
    }
    say('the same without a pause');
    const hurried = await withBaseline(sandbox, () =>
      work(sandbox.origin, staff, { requests: whole ? 22 : Math.min(4, calmRequests), thinkMs: 0 }),
    );
    const imported = await imports.stop();
    add({
      ...line(`all of it without a pause ${among}`, hurried.answered, hurried.seconds),
      ...timesOf(hurried.answered),
      baselineMs: hurried.baselineMs,
      note: `${staffCount} at once; ${imported} clients imported meanwhile`,
    });
  } finally {
    await sandbox.remove();
  }
}

/** Measures the baseline: one client's row by its key over the same driver, from this process, while staff work. */
async function withBaseline(
  { db }: Pick<ConsoleSandbox, 'db'>,
  work: () => Promise<Answered[]>,
): Promise<{ answered: Answered[]; seconds: number; baselineMs: number }> {
  const row = await db.selectFrom('pims_clients').select(['practice_id', 'pims_id']).limit(1).executeTakeFirstOrThrow();
  const bare = sql`SELECT * FROM pims_clients WHERE practice_id = ${row.practice_id} AND pims_id = ${row.pims_id}`;
  const baseline = timeRepeatedly(() => bare.execute(db), baselineEveryMs);
  const started = Date.now();
  try {
    const answered = await work();
    return { answered, seconds: (Date.now() - started) / 1000, baselineMs: median(await baseline.stop()) };
  } finally {
    await baseline.stop();
  }
}

function timesOf(answered: readonly Answered[]): { medianMs: number; p99Ms: number } {
  const times = answered.map(({ ms }) => ms);
  return { medianMs: median(times), p99Ms: quantile(times, 0.99) };
}

function line(what: string, answered: readonly Answered[], seconds: number) {
  return { what, size: answered.length, unit: 'requests', seconds, baselineSeconds: null, peakMib: null };
}
