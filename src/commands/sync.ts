import progress, { type GenericFormatter } from 'cli-progress';
import { practiceById } from '../app/config.js';
import type { App } from '../app/create-app.js';
import { withApp } from '../app/with-app.js';
import { reasons as allReasons, type ReasonCode } from '../domain/decision/reasons.js';
import { isProblem, Problem, type ErrorCode } from '../lib/problem.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { ensurePractices } from '../store/sync-runs/practices.js';
import { recordFailure } from '../store/sync-runs/run-progress.js';
import { latestRuns, loadRun, requestSync, type SyncRun } from '../store/sync-runs/sync-runs.js';
import type { EvaluationOutcome, SyncDeps } from '../sync/deps.js';
import { runSync } from '../sync/run-sync.js';
import { markEveryone } from '../store/clients/needs-evaluation.js';

/** No page takes this long, in milliseconds; a run without progress for longer has lost its process. */
const abandonedAfterMs = 60_000;
/** A queued run may never get a worker; after this time, in milliseconds, the command runs it itself. */
const waitsAtMostMs = 5_000;
const interruptedCode = 'interrupted';

interface SyncOptions {
  client?: string;
  full?: boolean;
  releaseSafetyStop?: boolean;
  json?: boolean;
}

/** Runs one sync in this process and prints its result; follows a run that a worker is already processing. */
export async function sync(practiceId: string, options: SyncOptions): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(interrupted(practiceId)));
  const bar = progressBar(!options.json && process.stderr.isTTY === true);
  try {
    await withApp((app) => syncWith(app, practiceId, options, { signal: stop.signal, bar }), { practiceId });
  } finally {
    bar.stop();
  }
}

async function syncWith(
  app: App,
  practiceId: string,
  options: SyncOptions,
  { signal, bar }: { signal: AbortSignal; bar: ProgressBar },
): Promise<void> {
  const { config } = app;
  const { name } = practiceById(config, practiceId);
  const warning = await checkRedis(config.redisUrl);
  if (warning) process.stderr.write(`Warning: ${warning}\n`);
  await ensurePractices(app.db, config.practices, app.clock());
  if (options.full) await markEveryone(app.db, practiceId);

  const expected = (await latestRuns(app.db, practiceId, 5)).find((run) => run.state === 'done')?.counts.read ?? 0;
  const { runId, joined } = await requestSync(
    app.db,
    {
      practiceId,
      kind: options.client === undefined ? 'resync' : 'client',
      by: 'the command line',
      ...(options.client === undefined ? {} : { clientReference: options.client }),
      ...(options.releaseSafetyStop ? { safetyStopReleasedBy: 'the command line' } : {}),
    },
    app.newId,
    app.clock,
  );
  bar.start(expected, `${name}: reading`);
  const onProgress = (run: SyncRun, evaluated: EvaluationOutcome | null) => {
    if (evaluated) bar.update(evaluated.decided, `${name}: deciding`, run.counts.new + run.counts.changed);
    else bar.update(run.counts.read, `${name}: reading`, expected);
    return Promise.resolve();
  };
  if (joined) process.stderr.write(`A sync of ${name} is already running; following it.\n`);
  let run = joined ? await followRun(app, runId, signal, onProgress) : null;
  while (!run) {
    run = await runHere(app, practiceId, runId, signal, onProgress);
    if (run) break;
    process.stderr.write(`Another process has taken over the sync of ${name}; following it.\n`);
    run = await followRun(app, runId, signal, onProgress);
  }
  bar.stop();
  if (run.counts.messages > 0) await app.enqueueDispatch();
  process.stdout.write(options.json ? `${JSON.stringify(summary(run, practiceId), null, 2)}\n` : asText(run, name));
  if (run.state !== 'done') throw stateProblem(run);
}

/** Returns null if another process took the run over. */
async function runHere(
  app: App,
  practiceId: string,
  runId: string,
  signal: AbortSignal,
  onProgress: SyncDeps['onProgress'],
): Promise<SyncRun | null> {
  try {
    const deps = { ...app.syncDeps, onProgress };
    return await runSync(deps, await app.practice(practiceId), runId, { signal, isFinalAttempt: true });
  } catch (error) {
    if (isProblem(error, 'run-taken-over')) return null;
    if (!signal.aborted) throw error;
    // Record the interruption, so that the next caller resumes at once instead of waiting for a timeout.
    await recordFailure(app.db, runId, signal.reason, false, app.clock());
    throw signal.reason;
  }
}

/**
 * Follows a run of another process until it ends. Returns null if no process works on it: it was interrupted, or its
 * process died.
 */
async function followRun(
  { db, clock }: App,
  runId: string,
  signal: AbortSignal,
  onProgress: (run: SyncRun, evaluated: null) => Promise<void>,
): Promise<SyncRun | null> {
  for (;;) {
    signal.throwIfAborted();
    const run = await loadRun(db, runId);
    if (!['queued', 'reading', 'evaluating'].includes(run.state)) return run;
    const progressedAt = run.progressedAt ?? run.requestedAt;
    const stillMs = clock().getTime() - progressedAt.getTime();
    const left = stillMs > (run.state === 'queued' ? waitsAtMostMs : abandonedAfterMs);
    if (left || run.error?.code === interruptedCode) return null;
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
      `   returned ${counts.returned}   missing ${counts.missing}   unreadable ${counts.unreadable}`,
    `  accounts created ${counts.accounts}   Welcome Emails queued ${counts.messages}`,
  ];
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a);
  if (reasons.length > 0) lines.push('  decided:');
  for (const [code, count] of reasons)
    lines.push(`  ${String(count).padStart(8)}  ${allReasons[code as ReasonCode]?.title ?? code} (${code})`);
  if (counts.hidden > 0)
    lines.push('  No client was marked as missing: some rows could not be read and may belong to any client.');
  if (counts.conflicts > 0)
    lines.push(`  ${counts.conflicts} client ids now carry another person's data; see the Tasks page.`);
  return `${lines.join('\n')}\n`;
}

function stateProblem(run: SyncRun): Problem {
  return new Problem({
    // This or another version of pims-sync recorded it.
    code: (run.error?.code as ErrorCode | undefined) ?? 'sync-not-done',
    message: run.error?.message ?? `The run ended as "${run.state}".`,
    help: run.error?.help ?? undefined,
  });
}

function interrupted(practiceId: string): Problem {
  return new Problem({
    code: interruptedCode,
    message: 'Interrupted; all pages read so far are kept.',
    help: `Run "pims-sync sync ${practiceId}" again, or leave it to a worker: the run resumes where it stopped.`,
  });
}

type ProgressBar = ReturnType<typeof progressBar>;

/** A total of 0 means unknown, as at the first sync: the bar then only counts. */
function progressBar(shown: boolean) {
  if (!shown) return { start: () => undefined, update: () => undefined, stop: () => undefined };
  const format: GenericFormatter = (options, { progress: done, value, total, eta }, { what, known }) =>
    known
      ? `${what} [${progress.Format.BarFormat(done, options)}] ${value} of ${total}, ${eta} s left`
      : `${what}, ${value} so far`;
  const bar = new progress.SingleBar({
    format,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  return {
    start: (total: number, what: string) => bar.start(total, 0, { what, known: total > 0 }),
    update: (value: number, what: string, total: number) => {
      bar.setTotal(Math.max(value, total));
      bar.update(value, { what, known: total > 0 });
    },
    stop: () => bar.stop(),
  };
}
