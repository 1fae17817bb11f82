import { openQueues } from '../../src/jobs/bullmq/queues.js';
import type { MailSandbox } from './sandbox.js';
import { domainOf, queueMessages, type People } from './people.js';
import { startWorkers, type SesState } from './processes.js';

/** Counts of the SES endpoint between two acceptances, while a campaign sends at its steady rate. */
export interface Flow {
  mails: number;
  seconds: number;
  /** Share of emails refused for sending too fast, of all hand-overs since the workers started. */
  throttledShare: number;
}

/**
 * Sends a campaign and measures the middle of it: workers start, emails are ignored until the rate is steady, then the
 * rate is measured. The campaign is large enough to last until the end.
 */
export async function flowOf(
  sandbox: MailSandbox,
  people: People,
  run: { quota: number; burst: number; workers: number; warmUp: number; measured: number },
): Promise<Flow> {
  await sandbox.clear();
  await sandbox.ses.restart({ maxSendRate: run.quota, burst: run.burst });
  await queueMessages(sandbox, people, people.accountIds.length);
  const workers = await startWorkers(run.workers, sandbox.env);
  try {
    const first = await stateAt(sandbox, run.warmUp);
    const last = await stateAt(sandbox, first.accepted.mails + run.measured);
    const throttled = last.refused['rate'] ?? 0;
    return {
      mails: last.accepted.mails - first.accepted.mails,
      seconds: ((last.lastAt ?? 0) - (first.lastAt ?? 0)) / 1000,
      throttledShare: throttled / (throttled + last.accepted.mails),
    };
  } finally {
    await workers.stop();
  }
}

/** Measures how long a small practice's emails take until SES accepted all of them while a large campaign runs. */
export async function duringCampaign(
  sandbox: MailSandbox,
  large: People,
  small: People,
  run: { quota: number; burst: number; workers: number },
): Promise<{ seconds: number; queuedInCampaign: number }> {
  await sandbox.clear();
  await sandbox.ses.restart({ maxSendRate: run.quota, burst: run.burst });
  await queueMessages(sandbox, large, large.accountIds.length);
  const quiet = () => undefined;
  const queues = await openQueues(sandbox.redisUrl, { info: quiet, warn: quiet, error: quiet });
  const workers = await startWorkers(run.workers, sandbox.env);
  try {
    await stateAt(sandbox, run.quota * 3);
    await queueMessages(sandbox, small, small.accountIds.length);
    const owedAt = Date.now();
    // A page or a sync that queues emails enqueues this job too.
    await queues.enqueue('dispatch-messages', {}, { key: 'one' });
    const acceptedAt = await allAccepted(sandbox, small);
    return { seconds: (acceptedAt - owedAt) / 1000, queuedInCampaign: await stillOwed(sandbox, large) };
  } finally {
    await workers.stop();
    await queues.close();
  }
}

const patienceMs = 60_000;

async function stateAt({ ses }: MailSandbox, accepted: number): Promise<SesState> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const state = await ses.state();
    if (state.accepted.mails >= accepted) return state;
    if (Date.now() > deadline) throw new Error(`Only ${state.accepted.mails} of ${accepted} emails were sent.`);
    await pause(50);
  }
}

/** @returns when SES accepted the last email, by its own count and clock, in milliseconds since 1970 */
async function allAccepted({ ses }: MailSandbox, { practiceId, accountIds }: People): Promise<number> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { mails, lastAt } = (await ses.state()).domains[domainOf(practiceId)] ?? { mails: 0, lastAt: 0 };
    if (mails === accountIds.length) return lastAt;
    if (Date.now() > deadline) throw new Error(`Only ${mails} emails of ${practiceId} were accepted.`);
    await pause(50);
  }
}

async function stillOwed({ db }: MailSandbox, people: People): Promise<number> {
  const { count } = await db
    .selectFrom('messages')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('practice_id', '=', people.practiceId)
    .where('state', '=', 'queued')
    .executeTakeFirstOrThrow();
  return Number(count);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
