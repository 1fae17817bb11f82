import type { App } from '../app/create-app.js';
import { withApp } from '../app/with-app.js';
import { deadJobs, dropDeadJob, type DeadJob } from '../jobs/bullmq/dead-jobs.js';
import type { QueueName } from '../jobs/catalog.js';
import { inspectDeadJob, replayDeadJob, type DeadLetter } from '../jobs/dead-letters.js';

interface DeadLetterOptions {
  queue?: QueueName;
  practice?: string;
  cause?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Lists dead jobs by cause and practice, with the effect of a replay. */
export async function listDeadLetters(options: DeadLetterOptions): Promise<void> {
  await withLetters(options, async (_app, letters) => {
    const found = letters.map(({ letter }) => letter);
    if (options.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    else process.stdout.write(found.length === 0 ? 'No dead letters.\n' : asText(found));
    return Promise.resolve();
  });
}

/** Enqueues pending work again and deletes the dead jobs. A dry run only prints that. */
export async function replayDeadLetters(options: DeadLetterOptions): Promise<void> {
  await withLetters(options, async (app, letters) => {
    const done: DeadLetter[] = [];
    for (const { job, letter } of letters) {
      if (options.dryRun) {
        done.push(letter);
        continue;
      }
      const queues = await app.queues();
      done.push(await replayDeadJob({ ...app, enqueue: queues.enqueue }, job));
      // Delete only now: after an interruption the rest is replayed later, and replaying this one again does no harm.
      await dropDeadJob(queues, job);
    }
    if (options.json)
      process.stdout.write(`${JSON.stringify({ dryRun: options.dryRun ?? false, letters: done }, null, 2)}\n`);
    else process.stdout.write(replayed(done, options.dryRun ?? false));
  });
}

async function withLetters(
  options: DeadLetterOptions,
  work: (app: App, letters: { job: DeadJob; letter: DeadLetter }[]) => Promise<void>,
): Promise<void> {
  await withApp(
    async (app) => {
      const queues = await app.queues();
      const letters: { job: DeadJob; letter: DeadLetter }[] = [];
      for await (const job of deadJobs(queues, options.queue ? [options.queue] : undefined)) {
        if (options.cause !== undefined && job.cause !== options.cause) continue;
        const letter = await inspectDeadJob(app.db, job);
        if (options.practice === undefined || letter.practices.includes(options.practice))
          letters.push({ job, letter });
      }
      await work(app, letters);
    },
    { practiceId: options.practice },
  );
}

function asText(letters: readonly DeadLetter[]): string {
  const groups = new Map<string, DeadLetter[]>();
  for (const one of letters) {
    const key = [one.cause, one.practices.join(', '), one.purpose, one.replay.description].join('\0');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const largest = [...groups.values()].sort((a, b) => b.length - a.length);
  const lines = largest.flatMap((group) => {
    const [first] = group as [DeadLetter];
    const times = group.map(({ failedAt }) => failedAt.getTime());
    const [from, to] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    return [
      `${group.length} × ${first.cause}${first.practices.length > 0 ? ` at ${first.practices.join(', ')}` : ''}`,
      `  for      ${first.purpose}`,
      `  failed   ${from.toISOString()}${from.getTime() === to.getTime() ? '' : ` to ${to.toISOString()}`}, after ${first.attempts} attempts: ${first.message}`,
      `  replay   would ${first.replay.description}`,
      '',
    ];
  });
  return `${lines.join('\n')}${letters.length} in total. Replay them with: pims-sync dead-letters replay [--practice, --cause, --queue]\n`;
}

function replayed(letters: readonly DeadLetter[], dryRun: boolean): string {
  const count = (action: DeadLetter['replay']['action']) =>
    letters.filter(({ replay }) => replay.action === action).length;
  const parts = [
    `${count('again')} enqueued again`,
    `${count('new-run')} replaced by a new sync`,
    `${count('nothing')} deleted because nothing is left to do`,
  ];
  return `${dryRun ? 'Nothing was changed. A replay would do this: ' : ''}${parts.join(', ')}.\n`;
}
