import { openQueues } from '../../src/jobs/bullmq/queues.js';
import type { MailGround } from './sandbox.js';
import { domainOf, oweWelcomes, type People } from './people.js';
import { startWorkers, type SesState } from './processes.js';

/** What the SES endpoint saw between two acceptances of a wave in full flow. */
export interface Flow {
  mails: number;
  seconds: number;
  /** Refused for sending too fast, of all that were handed over since the workers began. */
  throttledShare: number;
}

/**
 * Sends a wave and watches the middle of it: workers start, mails are thrown away until the flow is steady, then it is
 * measured, and it never runs dry before the end.
 */
export async function flowOf(
  ground: MailGround,
  people: People,
  run: { quota: number; burst: number; workers: number; warmUp: number; measured: number },
): Promise<Flow> {
  await ground.clear();
  await ground.ses.restart({ maxSendRate: run.quota, burst: run.burst });
  await oweWelcomes(ground, people, people.accountIds.length);
  const workers = await startWorkers(run.workers, ground.env);
  try {
    const first = await stateAt(ground, run.warmUp);
    const last = await stateAt(ground, first.accepted.mails + run.measured);
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

/** How long it takes until SES has all mails of a small practice while a large one's wave runs. */
export async function besideAWave(
  ground: MailGround,
  large: People,
  small: People,
  run: { quota: number; burst: number; workers: number },
): Promise<{ seconds: number; owedInWave: number }> {
  await ground.clear();
  await ground.ses.restart({ maxSendRate: run.quota, burst: run.burst });
  await oweWelcomes(ground, large, large.accountIds.length);
  const quiet = () => undefined;
  const queues = await openQueues(ground.redisUrl, { info: quiet, warn: quiet, error: quiet });
  const workers = await startWorkers(run.workers, ground.env);
  try {
    await stateAt(ground, run.quota * 3);
    await oweWelcomes(ground, small, small.accountIds.length);
    const owedAt = Date.now();
    // What the page or the sync that owes mails does too.
    await queues.ask('dispatch-welcomes', {}, { key: 'one' });
    const acceptedAt = await allAccepted(ground, small);
    return { seconds: (acceptedAt - owedAt) / 1000, owedInWave: await stillOwed(ground, large) };
  } finally {
    await workers.stop();
    await queues.close();
  }
}

const patienceMs = 60_000;

async function stateAt({ ses }: MailGround, accepted: number): Promise<SesState> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const state = await ses.state();
    if (state.accepted.mails >= accepted) return state;
    if (Date.now() > deadline) throw new Error(`Only ${state.accepted.mails} of ${accepted} mails went.`);
    await pause(50);
  }
}

/** @returns when SES took the last of them, by its own count and clock: milliseconds since 1970 */
async function allAccepted({ ses }: MailGround, { practiceId, accountIds }: People): Promise<number> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { mails, lastAt } = (await ses.state()).domains[domainOf(practiceId)] ?? { mails: 0, lastAt: 0 };
    if (mails === accountIds.length) return lastAt;
    if (Date.now() > deadline) throw new Error(`Only ${mails} mails of ${practiceId} went.`);
    await pause(50);
  }
}

async function stillOwed({ db }: MailGround, people: People): Promise<number> {
  const { count } = await db
    .selectFrom('welcomes')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('practice_id', '=', people.practiceId)
    .where('state', '=', 'owed')
    .executeTakeFirstOrThrow();
  return Number(count);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
