import { DateTime } from 'luxon';
import { practiceById } from '../app/config.js';
import type { App } from '../app/create-app.js';
import { withApp } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { dataFrom } from '../store/sync-runs/data-age.js';
import { whyNotApprovable } from '../store/sync-runs/practices.js';
import { createCampaignActions } from '../store/messages/campaign-actions.js';
import { evaluatePractice } from '../sync/evaluate-practice.js';

/**
 * Approves a practice's invite plan: every client with the verdict invite gets an account and a queued Welcome Email.
 */
export async function approve(practiceId: string, options: { json?: boolean }): Promise<void> {
  await withApp((app) => approveWith(app, practiceId, options), { practiceId });
}

async function approveWith(app: App, practiceId: string, options: { json?: boolean }): Promise<void> {
  const { name, timeZone } = practiceById(app.config, practiceId);
  // Check Redis before anything is approved, because the approval enqueues emails.
  await checkRedis(app.config.redisUrl);
  await mustBeApprovable(app, practiceId);
  const from = await dataFrom(app.db, practiceId);
  const actor = { kind: 'operator', id: null, name: 'the command line' } as const;
  await createCampaignActions(app).approve(practiceId, actor, app.clock());
  const signal = new AbortController().signal;
  const evaluated = await evaluatePractice(
    { ...app.syncDeps, signal, outsideRun: true, onBatch: () => Promise.resolve() },
    await app.practice(practiceId),
  );
  await app.enqueueDispatch();
  const { accounts, messages } = evaluated;
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ practice: practiceId, accounts, messages })}\n`
      : `${name}: ${accounts} accounts created, ${messages} Welcome Emails queued, based on data of ${ageText(from, timeZone, app.clock())}. The workers send them now.\n`,
  );
}

/** @throws Problem `nothing-to-approve`, `sync-in-progress`, `data-too-old` */
async function mustBeApprovable({ config, db, clock }: App, practiceId: string): Promise<void> {
  const { name, timeZone, policy } = practiceById(config, practiceId);
  const limit = { maxAgeHours: policy.maxDataAgeHours, now: clock() };
  const why = await whyNotApprovable(db, practiceId, limit);
  if (why === null) return;
  if (why === 'nothing-to-approve') {
    throw new Problem({
      code: why,
      message: `${name} has never been fully synced, so there is no plan to approve.`,
      help: `Run: pims-sync sync ${practiceId}`,
    });
  }
  if (why === 'data-too-old') {
    const age = ageText(await dataFrom(db, practiceId), timeZone, limit.now);
    throw new Problem({
      code: why,
      message: `The data of ${name} is of ${age}; a plan can be approved only on data of the last ${limit.maxAgeHours} hours.`,
      help: `Run: pims-sync sync ${practiceId}, check the plan again, and approve it.`,
    });
  }
  throw new Problem({
    code: why,
    message: `A sync of ${name} is reading, or a safety stop is in effect.`,
    help: 'Wait until it is done, or check why it stopped, and approve again.',
  });
}

/** Formats as `2026-03-01 02:10, 9 hours ago`, on the practice's own clock. */
function ageText(from: Date | null, timeZone: string, now: Date): string {
  if (!from) return 'an unknown time';
  const at = DateTime.fromJSDate(from, { zone: timeZone }).toFormat('yyyy-MM-dd HH:mm');
  // In UTC, where every day has 24 hours.
  const [then, base] = [from, now].map((time) => DateTime.fromJSDate(time, { zone: 'utc' })) as [DateTime, DateTime];
  return `${at}, ${then.toRelative({ base, locale: 'en', unit: ['days', 'hours', 'minutes', 'seconds'] })}`;
}
