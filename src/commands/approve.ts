import { createApp } from '../app.js';
import { loadConfig, practiceById } from '../config.js';
import { createLog } from '../log.js';
import { Problem } from '../domain/problem.js';
import { provedRedis } from '../jobs/redis.js';
import { ping, type Database } from '../store/database.js';
import { whyNotApprovable } from '../store/practices.js';
import { createWaveActions } from '../store/wave-actions.js';
import { settlePractice } from '../sync/settle.js';

/** Approves a practice's plan: everyone whom it invites gets an account and is owed the Welcome Email. */
export async function approve(practiceId: string, options: { json?: boolean }): Promise<void> {
  const config = loadConfig(process.env);
  const { name } = practiceById(config, practiceId);
  const app = createApp(config, createLog(process.env['LOG_LEVEL'] ?? 'error'));
  try {
    await ping(app.db);
    // Before anything is approved: what is approved asks the queue for its mails.
    await provedRedis(config.redisUrl);
    await mustBeApprovable(app.db, practiceId, name);
    const actor = { kind: 'operator', id: null, name: 'the command line' } as const;
    await createWaveActions(app).approve(practiceId, actor, app.clock());
    const signal = new AbortController().signal;
    const settled = await settlePractice(
      { ...app.syncDeps, signal, givesWay: true, onBatch: () => Promise.resolve() },
      await app.practice(practiceId),
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

/** @throws Problem `nothing-to-approve`, `run-in-the-way` */
async function mustBeApprovable(db: Database, practiceId: string, name: string): Promise<void> {
  const why = await whyNotApprovable(db, practiceId);
  if (why === null) return;
  if (why === 'nothing-to-approve') {
    throw new Problem({
      code: 'nothing-to-approve',
      message: `${name} was never synced to the end, so there is no plan to approve.`,
      help: `Run: pims-sync sync ${practiceId}`,
    });
  }
  throw new Problem({
    code: 'run-in-the-way',
    message: `A sync of ${name} is reading, or was stopped by the brake.`,
    help: 'Wait until it is done, or look at why it stopped, and approve again.',
  });
}
