import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Config } from '../../src/app/config-schema.js';
import { newIds } from '../../src/lib/ids.js';
import { openQueues } from '../../src/jobs/bullmq/queues.js';
import type { SpareRedis } from '../redis-spare.js';
import { createLog } from '../../src/platform/log.js';
import { insertMany, type Database } from '../../src/store/db/database.js';
import { noCounts, requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { ownSandbox, withUndo } from '../sandbox.js';
import { machineBusy, machineTimes } from '../machine.js';
import { startProcess, type Started, type Taken } from '../processes.js';
import { makeSources, type Source, type Sources } from './sources.js';

const sayEachMs = 20_000;

/** The measurements of one night of syncs. */
export interface Night {
  seconds: number;
  /** Seconds from the start of the night until each practice was done, in the order in which they were enqueued. */
  doneAfter: number[];
  /** Total number of clients read. */
  read: number;
  /** CPU time and memory of all workers since they started; null on systems without /proc. */
  workers: { cpuSeconds: number; peakMib: number } | null;
  /** Busy share of the whole machine, 0 to 1, including the PIMS, the databases and everything else on it. */
  machineBusy: number | null;
  /** Peak memory of Redis above its memory before, in MiB. */
  redisMib: number;
}

export interface NightSandbox {
  sources: Source[];
  db: Database;
  changeSome: Sources['changeSome'];
  /** Enqueues a nightly sync of every practice, as the schedules do, waits for all and reports the progress. */
  night(workers: number, say: (text: string) => void): Promise<Night>;
  /** Returns the size of our database in MiB, data and indexes as the server counts them. */
  databaseMib(): Promise<number>;
  env: Record<string, string>;
  remove(): Promise<void>;
}

/** Makes a database, a Redis database number and a PIMS for each practice, for the benchmark alone. */
export function nightSandbox(config: Config, sizes: readonly number[]): Promise<NightSandbox> {
  return withUndo(async (undo) => {
    const { folder, spare, admin, databaseName, db, ...sandbox } = await ownSandbox(config, 'night', undo);
    const sources = await makeSources({ folder, admin, databaseUrl: config.databaseUrl.open(), sizes });
    undo(() => sources.remove());
    const env = { ...sandbox.env(settings(sources.list)), AWS_REGION: 'us-east-1', LOG_LEVEL: 'info' };
    await passNights(db, sources.list);
    let nights = 0;
    return {
      sources: sources.list,
      db,
      changeSome: () => sources.changeSome(),
      env,
      async night(workers: number, say: (text: string) => void) {
        const running: Started[] = [];
        try {
          for (let at = 0; at < workers; at++)
            running.push(await startProcess(['worker', '--queues', 'pims,accounts'], env, '"working"'));
          return await oneNight({ db, spare, list: sources.list, running, date: dateOf(nights++), say });
        } finally {
          await Promise.all(running.map((one) => one.stop()));
        }
      },
      async databaseMib() {
        const { rows } = await sql<{ mib: number }>`SELECT SUM(data_length + index_length) / 1048576 AS mib
          FROM information_schema.TABLES WHERE table_schema = ${databaseName}`.execute(db);
        return Number(rows[0]?.mib);
      },
    };
  });
}

/** Marks the nightly syncs of these days as done, so that the sweep does not start them. */
async function passNights(db: Database, list: readonly Source[]): Promise<void> {
  const now = new Date();
  const newId = newIds(() => now);
  for (const daysBack of [1, 0, -1]) {
    const nightlyDate = new Date(now.getTime() - daysBack * 86_400_000).toISOString().slice(0, 10);
    const rows = list.map(({ id }) => ({
      id: newId(),
      practice_id: id,
      kind: 'nightly' as const,
      nightly_date: nightlyDate,
      client_reference: null,
      state: 'failed' as const,
      active_practice: null,
      requested_by: 'benchmark',
      requested_at: now,
      started_at: null,
      finished_at: now,
      counts: JSON.stringify(noCounts),
    }));
    await insertMany(db, 'sync_runs', rows as never);
  }
}

const dateOf = (night: number): string => new Date(Date.UTC(2000, 0, 1 + night)).toISOString().slice(0, 10);

async function oneNight(of: {
  db: Database;
  spare: SpareRedis;
  list: readonly Source[];
  running: readonly Started[];
  date: string;
  say: (text: string) => void;
}): Promise<Night> {
  const { db, spare, list, running, date, say } = of;
  const clock = () => new Date();
  const newId = newIds(clock);
  const queues = await openQueues(spare.url, createLog('silent'));
  try {
    const takenBefore = total(running);
    const machineBefore = machineTimes();
    const redisBefore = await spare.memoryMib();
    let redisMost = redisBefore;
    const began = Date.now();
    let said = began;
    const jobs = [];
    for (const { id } of list) {
      const { runId } = await requestSync(
        db,
        { practiceId: id, kind: 'nightly', by: 'the nightly schedule', nightlyDate: date },
        newId,
        clock,
      );
      jobs.push({ payload: { runId }, options: { key: runId } });
    }
    await queues.enqueueMany('sync-practice', jobs);
    const runs = () =>
      db
        .selectFrom('sync_runs')
        .select(['practice_id', 'state', 'finished_at', 'counts', 'error_message'])
        .where('nightly_date', '=', date)
        .execute();
    let rows = await runs();
    const open = () => rows.filter(({ state }) => ['queued', 'reading', 'evaluating'].includes(state)).length;
    while (open() > 0) {
      await wait(list.length > 100 ? 1000 : 100);
      if (Date.now() - said > sayEachMs) {
        said = Date.now();
        say(`${list.length - open()} of ${list.length} practices done after ${((said - began) / 1000).toFixed(0)} s`);
      }
      redisMost = Math.max(redisMost, await spare.memoryMib());
      rows = await runs();
    }
    const failed = rows.find(({ state }) => state !== 'done');
    if (failed)
      throw new Error(`The nightly sync of ${failed.practice_id} is ${failed.state}: ${failed.error_message}`);
    const finished = new Map(rows.map((row) => [row.practice_id, (row.finished_at as Date).getTime()]));
    const doneAfter = list.map(({ id }) => ((finished.get(id) as number) - began) / 1000);
    const takenAfter = total(running);
    return {
      seconds: Math.max(...doneAfter),
      doneAfter,
      read: rows.reduce((sum, row) => sum + (JSON.parse(row.counts) as { read: number }).read, 0),
      workers: takenBefore &&
        takenAfter && {
          cpuSeconds: takenAfter.cpuSeconds - takenBefore.cpuSeconds,
          peakMib: takenAfter.peakMib,
        },
      machineBusy: machineBusy(machineBefore),
      redisMib: redisMost - redisBefore,
    };
  } finally {
    await queues.close();
  }
}

/** Adds up the CPU time; takes the memory of the largest process. */
function total(running: readonly Started[]): Taken | null {
  const all = running.map((one) => one.taken());
  if (all.some((one) => one === null)) return null;
  const known = all as Taken[];
  return {
    cpuSeconds: known.reduce((sum, one) => sum + one.cpuSeconds, 0),
    peakMib: Math.max(...known.map((one) => one.peakMib)),
  };
}

/** Returns settings for workers that never send, because none serves the queue `mail`. */
function settings(list: readonly Source[]): object {
  return {
    publicUrl: 'https://pets.example.com',
    mail: { from: 'welcome@petapp.example' },
    practices: list.map(({ id, connector, connection }) => ({
      id,
      name: `${id} Animal Hospital`,
      timeZone: 'UTC',
      connector,
      connection,
      schedule: { at: '23:59', spreadMinutes: 0 },
      policy: { welcome: 'automatic' },
      mail: { support: { phone: '+1 555 010 2000' }, rollout: false },
    })),
  };
}
