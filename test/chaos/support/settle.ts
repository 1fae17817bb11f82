import { newIds } from '../../../src/lib/ids.js';
import { Secret } from '../../../src/lib/secret.js';
import { openDatabase } from '../../../src/store/db/database.js';
import { requestSync } from '../../../src/store/sync-runs/sync-runs.js';
import { createCampaignActions } from '../../../src/store/messages/campaign-actions.js';
import { until } from '../../support/processes.js';
import type { Town } from './town.js';
import { openJobs, withQueues } from './queues.js';

const clock = () => new Date();
const newId = newIds(clock);
const desk = { kind: 'staff', id: null, name: 'the front desk' } as const;

/** Ends all disturbances, so that no later failure can be blamed on them. */
export async function heal(town: Town): Promise<void> {
  const { servers, practices, ses, kept } = town;
  servers.disk?.free();
  for (const one of kept) one.setClock(0);
  for (const proxy of practices.proxies) proxy.heal();
  for (const server of Object.values(practices.pims.servers)) server.faults.clear();
  const calm = { next: 0, probability: 0 };
  ses.set({ faults: { dropRequests: calm, loseAnswers: calm, fail500: calm, throttle: calm } });
  await Promise.all([servers.redis.start(), servers.mariadb.start()]);
  const admin = await servers.admin();
  await admin.query('SET GLOBAL read_only = 0');
  await admin.end();
}

/** Starts a nightly sync everywhere, as the schedule would; moves the runs of today to yesterday. */
export async function nightFalls(town: Town, number: number): Promise<void> {
  for (const practice of town.practices.list) await practice.day(number);
  // One statement in this order: a date must be free before the next run moves to it.
  await town.rows(
    'UPDATE sync_runs SET nightly_date = nightly_date - INTERVAL 1 DAY WHERE nightly_date IS NOT NULL ORDER BY nightly_date',
  );
  await withQueues(town.env['REDIS_URL'] as string, async (queues) => {
    const accounts = queues.find(({ name }) => name === 'accounts');
    for (const { id } of town.practices.list) await accounts?.add('start-nightly-sync', { practiceId: id });
  });
}

/**
 * Lets everything settle, as it would by itself in the following hours: time passes quickly, a failed run is enqueued
 * again as staff would do, and uncertain emails are resolved by asking the pet parents. The workers run the sweep and
 * dispatch the emails themselves, without help, whatever the storm did to schedules and clocks.
 *
 * @throws with the names of everything that does not settle
 */
export async function settle(town: Town, withinMs = 90_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  const redisUrl = town.env['REDIS_URL'] as string;
  let quiet = 0;
  let last: unknown = 'nothing could be asked';
  for (let turn = 0; quiet < 2; turn++) {
    if (Date.now() > deadline) throw new Error(`The town does not come to rest: ${JSON.stringify(last)}`);
    await new Promise((next) => setTimeout(next, 250));
    try {
      // Moves time by a minute every second.
      if (turn % 4 === 0) await minutePasses(town);
      last = await unrest(town, await openJobs(redisUrl));
      quiet = Object.values(last as object).every((count) => count === 0) ? quiet + 1 : 0;
    } catch (error) {
      // A server that has just restarted may refuse connections for a moment.
      last = String(error);
      quiet = 0;
    }
  }
  await beatsComeByThemselves(town);
}

/** Time limit for tasks of every one or two seconds: several periods on a busy machine. */
const beatsWithinMs = 20_000;

async function beatsComeByThemselves(town: Town): Promise<void> {
  const done = () =>
    withQueues(town.env['REDIS_URL'] as string, async (queues) => {
      const jobs = (await queues.find(({ name }) => name === 'accounts')?.getJobs(['completed'], 0, 200)) ?? [];
      return jobs.filter(Boolean).map(({ id, name }) => ({ id, name }));
    });
  const before = new Set((await done()).map(({ id }) => id));
  for (const beat of ['sweep', 'dispatch-messages'])
    await until(
      `${beat} comes by itself`,
      async () => (await done()).some(({ id, name }) => name === beat && !before.has(id)),
      beatsWithinMs,
    );
}

/** Counts what has not settled, by name. */
async function unrest(town: Town, jobs: number): Promise<Record<string, number>> {
  const counts = `
    (SELECT COUNT(*) FROM sync_runs WHERE state IN ('queued', 'reading', 'evaluating')) runs,
    (SELECT COUNT(*) FROM pims_clients WHERE needs_evaluation = 1) needs_evaluation,
    (SELECT COUNT(*) FROM messages WHERE state IN ('queued', 'sending', 'uncertain')) emails,
    (SELECT COUNT(*) FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id
      WHERE c.key_id IS NOT NULL AND a.first_login_at IS NOT NULL) credentials`;
  const [row] = await town.rows<Record<string, number>>(`SELECT ${counts}`);
  const events = town.ses.events.state();
  const up = town.kept.filter((one) => !one.alive()).length;
  return { ...row, jobs, down: up, failed: await askAgainForFailed(town), events: events.pending };
}

/** Enqueues a sync of each practice whose last run failed, as staff do in the console. */
async function askAgainForFailed(town: Town): Promise<number> {
  const rows = await town.rows<{ practice: string; state: string }>(
    `SELECT r.practice_id practice, r.state FROM sync_runs r
      WHERE r.id = (SELECT MAX(s.id) FROM sync_runs s WHERE s.practice_id = r.practice_id AND s.kind <> 'client')
        AND r.state IN ('failed', 'stopped')`,
  );
  if (rows.length === 0) return 0;
  const db = openDatabase(new Secret(town.servers.mariadb.url), 1);
  try {
    for (const { practice, state } of rows) {
      // The safety stop stops a run with many missing clients; here staff have checked and confirmed it.
      const safetyStop = state === 'stopped' ? { safetyStopReleasedBy: desk.name } : {};
      const { runId } = await requestSync(
        db,
        { practiceId: practice, kind: 'resync', by: desk.name, ...safetyStop },
        newId,
        clock,
      );
      await withQueues(town.env['REDIS_URL'] as string, async (queues) => {
        await queues.find(({ name }) => name === 'pims')?.add('sync-practice', { runId });
      });
    }
  } finally {
    await db.destroy();
  }
  return rows.length;
}

async function minutePasses(town: Town): Promise<void> {
  for (const change of [
    'messages SET enqueued_at = enqueued_at - INTERVAL 1 MINUTE WHERE enqueued_at IS NOT NULL',
    "messages SET due_at = due_at - INTERVAL 1 HOUR WHERE state = 'queued'",
    "messages SET changed_at = changed_at - INTERVAL 1 MINUTE WHERE state = 'sending'",
    'email_sending SET retry_at = retry_at - INTERVAL 10 MINUTE WHERE retry_at IS NOT NULL',
    "sync_runs SET progressed_at = progressed_at - INTERVAL 20 SECOND, requested_at = requested_at - INTERVAL 20 SECOND WHERE state IN ('queued', 'reading', 'evaluating')",
  ]) {
    // A worker may update the same rows; after a deadlock this is retried a second later.
    await town.rows(`UPDATE ${change}`).catch(() => undefined);
  }
  await withQueues(town.env['REDIS_URL'] as string, async (queues) => {
    // Ends the delay before a retry, however long a wrong clock made it; a schedule keeps its own time.
    for (const queue of queues)
      for (const job of await queue.getJobs(['delayed']))
        if (job && !job.repeatJobKey) await job.promote().catch(() => undefined);
  });
  await settleByHand(town);
}

/**
 * Acts as a front desk that has asked each of these pet parents whether they got the email. The records of the SES
 * endpoint are their answers, read only once the endpoint has delivered all its events.
 */
async function settleByHand(town: Town): Promise<void> {
  if (town.ses.events.state().pending > 0) return;
  const rows = await town.rows<{ id: string; practice: string }>(
    "SELECT id, practice_id practice FROM messages WHERE state = 'uncertain'",
  );
  if (rows.length === 0) return;
  const db = openDatabase(new Secret(town.servers.mariadb.url), 1);
  const campaigns = createCampaignActions({ db, newId });
  try {
    for (const { id, practice } of rows) {
      const as = town.ses.counts.acceptedWithTag('message', id) > 0 ? 'sent' : 'not-sent';
      await campaigns
        .resolveUncertain({ messageId: id, practiceId: practice, as, afterMinutes: 0 }, desk, clock())
        .catch(() => undefined);
    }
  } finally {
    await db.destroy();
  }
}
