import { createApp } from '../app.js';
import { loadConfig, practiceById } from '../config.js';
import { createLog } from '../log.js';
import { ping } from '../store/database.js';
import { approvePlan, maySettle } from '../store/practices.js';
import { Problem } from '../domain/problem.js';
import { settlePractice } from '../sync/settle.js';

/** Approves a practice's plan: everyone whom it invites gets an account and is owed the Welcome Email. */
export async function approve(practiceId: string, options: { json?: boolean }): Promise<void> {
  const config = loadConfig(process.env);
  const { name } = practiceById(config, practiceId);
  const app = createApp(config, createLog(process.env['LOG_LEVEL'] ?? 'error'));
  try {
    await ping(app.db);
    if (!(await maySettle(app.db, practiceId))) {
      throw new Problem({
        code: 'run-in-the-way',
        message: `A sync of ${name} is reading, or was stopped by the brake.`,
        help: 'Wait until it is done, or look at why it stopped, and approve again.',
      });
    }
    await approvePlan(app.db, practiceId, 'the command line', app.clock());
    const signal = new AbortController().signal;
    const settled = await settlePractice(
      { ...app.syncDeps, signal, onBatch: () => Promise.resolve() },
      app.practice(practiceId),
    );
    await app.askForMails();
    const { accounts, welcomes } = settled;
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ practice: practiceId, accounts, welcomes })}\n`
        : `${name}: ${accounts} accounts created, ${welcomes} Welcome Emails owed. The workers send them now.\n`,
    );
  } finally {
    await app.close();
  }
}
