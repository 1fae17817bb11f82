import { fillCornerstone } from '../demo/practices/fill/cornerstone.js';
import { changeNight } from '../demo/practices/night.js';
import { generatePractice, type DemoPractice } from '../demo/practices/practice.js';
import type { Answer, Job } from './helper-process.js';
import { bareInsert, bareRead } from './import-baselines.js';

/** The process that `startHelperProcess` starts: performs one job at a time and exits when its parent disconnects. */
process.on('message', (job: Job) => {
  const start = process.hrtime.bigint();
  const answer = (text: Answer) => void process.send?.(text);
  perform(job).then(
    (seconds) => answer({ seconds: seconds ?? Number(process.hrtime.bigint() - start) / 1e9 }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

/** Performs a job. Returns the seconds itself if only part of its work counts. */
async function perform({ name, options }: Job): Promise<number | void> {
  switch (name) {
    case 'fill':
      await fillCornerstone({ practice: practiceOf(options), file: options.file });
      return;
    case 'night':
      await changeNight({ ...options, practice: practiceOf(options) });
      return;
    case 'bareRead':
      await bareRead(options.connectionString, options.pageSize);
      return;
    case 'bareInsert':
      return bareInsert(options.databaseUrl);
  }
}

/** Generates the practice on demand; the same options give the same clients. */
function practiceOf({ clients, today }: { clients: number; today: string }): DemoPractice {
  return generatePractice({ seed: 'benchmark', clients, today, mess: 0.2 });
}
