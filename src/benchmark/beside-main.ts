import { fillCornerstone } from '../demo/pims/fill/cornerstone.js';
import { changeNight } from '../demo/pims/night.js';
import { generatePractice, type DemoPractice } from '../demo/pims/practice.js';
import type { Answer, Job } from './beside.js';
import { bareInsert, bareRead } from './import-floors.js';

/** The process of `startBeside`: one job at a time, until nobody listens any more. */
process.on('message', (job: Job) => {
  const start = process.hrtime.bigint();
  const answer = (text: Answer) => void process.send?.(text);
  perform(job).then(
    () => answer({ seconds: Number(process.hrtime.bigint() - start) / 1e9 }),
    (error: unknown) =>
      answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function perform({ name, options }: Job): Promise<unknown> {
  switch (name) {
    case 'fill':
      return fillCornerstone({ practice: practiceOf(options), file: options.file });
    case 'night':
      return changeNight({ ...options, practice: practiceOf(options) });
    case 'bareRead':
      return bareRead(options.connectionString, options.pageSize);
    case 'bareInsert':
      return bareInsert(options.databaseUrl, options.rows);
  }
}

/** Made as it is asked for; the same numbers, the same clients. */
function practiceOf({ clients, today }: { clients: number; today: string }): DemoPractice {
  return generatePractice({ seed: 'benchmark', clients, today, mess: 0.2 });
}
