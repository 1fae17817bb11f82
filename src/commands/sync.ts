import { SingleBar } from 'cli-progress';
import { createApp } from '../app.js';
import { loadConfig, practiceById } from '../config.js';
import { reasons as allReasons, type ReasonCode } from '../domain/reasons.js';
import { Problem } from '../domain/problem.js';
import { createLog } from '../log.js';
import { provedRedis } from '../jobs/redis.js';
import { ping } from '../store/database.js';
import { ensurePractices } from '../store/practices.js';
import { latestRuns, loadRun, requestSync, type SyncRun } from '../store/syncs.js';
import { runSync } from '../sync/run.js';
import type { Settled } from '../sync/settle.js';
import { undecideEveryone } from '../store/undecided.js';

/** No page takes this long; a run that stands still longer has lost its process. */
const abandonedAfterMs = 60_000;

interface SyncOptions {
  client?: string;
  full?: boolean;
  releaseBrake?: boolean;
  json?: boolean;
}

/** Runs one sync in this process and prints what it found; joins a run that a worker has under way. */
export async function sync(practiceId: string, options: SyncOptions): Promise<void> {
  const config = loadConfig(process.env);
  const { name } = practiceById(config, practiceId);
  const app = createApp(config, createLog(process.env['LOG_LEVEL'] ?? 'error'));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(interrupted()));
  const bar = progressBar(!options.json && process.stderr.isTTY === true);
  try {
    await ping(app.db);
    const warning = await provedRedis(config.redisUrl);
    if (warning) process.stderr.write(`Warning: ${warning}\n`);
    await ensurePractices(app.db, config.practices, app.clock());
    if (options.full) await undecideEveryone(app.db, practiceId);

    const expected =
      (await latestRuns(app.db, practiceId, 5)).find((run) => run.state === 'done')?.counts.read ?? 0;
    const { runId, joined } = await requestSync(
      app.db,
      {
        practiceId,
        kind: options.client === undefined ? 'resync' : 'client',
        by: 'the command line',
        ...(options.client === undefined ? {} : { clientReference: options.client }),
        ...(options.releaseBrake ? { brakeReleasedBy: 'the command line' } : {}),
      },
      app.newId,
      app.clock,
    );
    bar.start(expected, `${name}: reading`);
    const onProgress = (run: SyncRun, settled: Settled | null) => {
      if (settled) bar.update(settled.decided, `${name}: deciding`, run.counts.new + run.counts.changed);
      else bar.update(run.counts.read, `${name}: reading`, Math.max(expected, run.counts.read));
      return Promise.resolve();
    };
    const followed = joined ? await followRun(app.db, runId, stop.signal, onProgress) : null;
    const run =
      followed ??
      (await runSync({ ...app.syncDeps, onProgress }, app.practice(practiceId), runId, {
        signal: stop.signal,
        lastTry: true,
      }));
    bar.stop();
    if (run.counts.welcomes > 0) await app.askForMails();
    process.stdout.write(
      options.json ? `${JSON.stringify(summary(run, practiceId), null, 2)}\n` : asText(run, name),
    );
    if (run.state !== 'done') throw stateProblem(run);
  } finally {
    bar.stop();
    await app.close();
  }
}

/** Another process works on the run: watch it until it ends. Null when it makes no progress: its process has died. */
async function followRun(
  db: Parameters<typeof loadRun>[0],
  runId: string,
  signal: AbortSignal,
  onProgress: (run: SyncRun, settled: null) => Promise<void>,
): Promise<SyncRun | null> {
  for (;;) {
    signal.throwIfAborted();
    const run = await loadRun(db, runId);
    if (Date.now() - (run.raw.progressed_at ?? run.raw.requested_at).getTime() > abandonedAfterMs)
      return null;
    if (!['queued', 'reading', 'settling'].includes(run.state)) return run;
    await onProgress(run, null);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function summary(run: SyncRun, practice: string) {
  return { run: run.id, practice, state: run.state, ...run.counts };
}

function asText(run: SyncRun, name: string): string {
  const { counts } = run;
  const lines = [
    `${name}: ${run.state}`,
    `  read ${counts.read}   new ${counts.new}   changed ${counts.changed}   unchanged ${counts.unchanged}` +
      `   returned ${counts.returned}   vanished ${counts.vanished}   unreadable ${counts.unreadable}`,
    `  accounts created ${counts.accounts}   Welcome Emails owed ${counts.welcomes}`,
  ];
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a);
  if (reasons.length > 0) lines.push('  decided:');
  for (const [code, count] of reasons)
    lines.push(`  ${String(count).padStart(8)}  ${allReasons[code as ReasonCode]?.title ?? code} (${code})`);
  if (counts.conflicts > 0)
    lines.push(`  ${counts.conflicts} ids now carry another person; see the work list.`);
  return `${lines.join('\n')}\n`;
}

function stateProblem(run: SyncRun): Problem {
  return new Problem({
    code: run.raw.error_code ?? 'sync-not-done',
    message: run.raw.error_message ?? `The run ended as "${run.state}".`,
    ...(run.raw.error_help ? { help: run.raw.error_help } : {}),
  });
}

function interrupted(): Problem {
  return new Problem({
    code: 'interrupted',
    message: 'Interrupted; every page read so far is kept.',
    help: 'Call the same command again, or let a worker go on: the run resumes where it stopped.',
  });
}

function progressBar(shown: boolean) {
  if (!shown) return { start: () => undefined, update: () => undefined, stop: () => undefined };
  const bar = new SingleBar({ format: '{what} [{bar}] {value}/{total} {eta_formatted}', hideCursor: true, clearOnComplete: true, stream: process.stderr }); // prettier-ignore
  return {
    start: (total: number, what: string) => bar.start(total, 0, { what }),
    update: (value: number, what: string, total: number) => {
      bar.setTotal(total);
      bar.update(value, { what });
    },
    stop: () => bar.stop(),
  };
}
