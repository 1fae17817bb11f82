import { bareInsert, bareRead, type OurRows } from '../benchmark/floors.js';
import { measure, median, type Measured } from '../benchmark/measure.js';
import { benchPractice, type BenchPractice } from '../benchmark/practice.js';
import { loadConfig } from '../config.js';
import { changeNight } from '../demo/pims/night.js';
import { createLog } from '../log.js';
import { ping } from '../store/database.js';
import { requestSync, type SyncRun } from '../store/syncs.js';
import { runSync } from '../sync/run.js';

const turns = 5;

interface Line {
  what: string;
  clients: number;
  seconds: number;
  /** What the least work took for the same rows, in the same run. */
  floorSeconds: number;
  ratio: number;
  clientsPerSecond: number;
  peakMib: number;
}

/** Measures a practice's first import and its nights against floors taken in the same run. */
export async function benchmark(options: { clients: number; json?: boolean }): Promise<void> {
  const config = loadConfig(process.env);
  const say = (text: string) => (options.json ? undefined : process.stderr.write(`${text}\n`));
  say(`Making a practice of ${options.clients} clients ...`);
  const bench = await benchPractice(config, options.clients, createLog('error'));
  const lines: Line[] = [];
  const add = (what: string, ours: Measured, floor: Measured, clients: number) => {
    lines.push({
      what,
      clients,
      seconds: ours.seconds,
      floorSeconds: floor.seconds,
      ratio: ours.seconds / floor.seconds,
      clientsPerSecond: clients / ours.seconds,
      peakMib: ours.peakMib,
    });
    say(`  ${what}: ${ours.seconds.toFixed(2)} s, ${(ours.seconds / floor.seconds).toFixed(2)} x the floor`);
  };
  try {
    await ping(bench.app.db);
    const read = () => measure(() => bareRead(bench.connectionString, 1000));
    await read(); // The first read fills the page cache.
    let counts = { read: 0 } as SyncRun['counts'];
    const sync = () => measure(async () => (counts = (await night(bench)).counts));

    const first = await sync();
    const inserted = await measure(async () => bareInsert(bench.databaseUrl, await ourRows(bench)));
    const readFloor = await read();
    const both = { seconds: readFloor.seconds + inserted.seconds, peakMib: 0 };
    add('first import', first, both, counts.read);

    add('reading pages', ...(await inTurn(() => measure(() => readOnly(bench)), read)), counts.read);
    add('unchanged night', ...(await inTurn(sync, read)), counts.read);
    for (const share of [0.01, 0.1]) {
      await changeNight({
        practice: bench.practice,
        night: String(share),
        share,
        today: bench.today,
        file: bench.file,
      });
      add(`night with ${share * 100} % changed`, await sync(), await read(), counts.read);
    }
    process.stdout.write(options.json ? `${JSON.stringify(lines, null, 2)}\n` : table(lines));
  } finally {
    await bench.remove();
  }
}

/** What can be repeated is measured in turn with its floor, so that both meet the same machine; medians of the pairs. */
async function inTurn(
  ours: () => Promise<Measured>,
  floor: () => Promise<Measured>,
): Promise<[Measured, Measured]> {
  const pairs: [Measured, Measured][] = [];
  for (let turn = 0; turn < turns; turn++) pairs.push([await ours(), await floor()]);
  const middle = (at: 0 | 1): Measured => ({
    seconds: median(pairs.map((pair) => pair[at].seconds)),
    peakMib: Math.max(...pairs.map((pair) => pair[at].peakMib)),
  });
  return [middle(0), middle(1)];
}

async function night({ app }: BenchPractice): Promise<SyncRun> {
  const { runId } = await requestSync(
    app.db,
    { practiceId: 'bench', kind: 'resync', by: 'benchmark' },
    app.newId,
    app.clock,
  );
  const options = { signal: new AbortController().signal, lastTry: true };
  return runSync(
    { ...app.syncDeps, onProgress: () => Promise.resolve() },
    app.practice('bench'),
    runId,
    options,
  );
}

/** Our connector alone: pages read, mapped to clients, and dropped. */
async function readOnly({ app }: BenchPractice): Promise<void> {
  const connector = await app.practice('bench').connect();
  try {
    const options = { cursor: null, pageSize: 1000, signal: new AbortController().signal };
    for await (const page of connector.clients(options)) if (page.clients.length === 0) return;
  } finally {
    await connector.close();
  }
}

async function ourRows({ app }: BenchPractice): Promise<OurRows> {
  const count = async (table: keyof OurRows) => {
    const row = await app.db
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(row.n);
  };
  return {
    pims_clients: await count('pims_clients'),
    pims_pets: await count('pims_pets'),
    accounts: await count('accounts'),
    account_links: await count('account_links'),
    temporary_credentials: await count('temporary_credentials'),
    welcomes: await count('welcomes'),
  };
}

function table(lines: readonly Line[]): string {
  const head = ['', 'clients', 'seconds', 'floor', 'ratio', 'clients/s', 'peak MiB'];
  const rows = lines.map((line) => [
    line.what,
    String(line.clients),
    line.seconds.toFixed(2),
    line.floorSeconds.toFixed(2),
    line.ratio.toFixed(2),
    line.clientsPerSecond.toFixed(0),
    line.peakMib.toFixed(0),
  ]);
  const width = head.map((_, at) => Math.max(...[head, ...rows].map((row) => (row[at] as string).length)));
  const print = (row: string[]) => row.map((cell, at) => (at === 0 ? cell.padEnd(width[at] as number) : cell.padStart(width[at] as number))).join('   '); // prettier-ignore
  return `${[head, ...rows].map(print).join('\n')}\n`;
}
