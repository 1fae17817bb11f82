import { fewestForSpeed, type BenchOptions, type Suite } from '../suite.js';
import { measure } from '../measure.js';
import { bareHandOver } from '../email/baseline.js';
import { mailSandbox, type MailSandbox } from '../email/sandbox.js';
import { makePeople, type People } from '../email/people.js';
import { duringCampaign, flowOf } from '../email/runs.js';

/** Measures what worker processes hand over to an SES endpoint in a process of its own, by that endpoint's count. */
export const mailSuite: Suite = {
  name: 'mail',
  about: 'emails a second with and without an SES quota, and a small practice during a large campaign',
  run: mails,
};

const quotas = [14, 100, 500];
const leastOfQuota = 0.97;
const mostThrottled = 0.005;
const leastWithoutQuota = 800;
const mostOfFairShare = 1.2;
const measuredSeconds = 11;
const smallPractice = 50;
/** A smaller campaign at a high quota would end before the measurement. */
const fewestInWave = 2000;
/** A quota so high that it never limits. */
const noQuota = 1_000_000;

type Add = Parameters<Suite['run']>[1];

async function mails({ config, size, say }: BenchOptions, add: Add): Promise<void> {
  const sandbox = await mailSandbox(config);
  try {
    const campaign = Math.max(fewestInWave, Math.min(20_000, size * 2));
    say(`making ${campaign} pet parents`);
    const large = await makePeople(sandbox, 'large', campaign);
    const small = await makePeople(sandbox, 'small', smallPractice);
    for (const quota of size < fewestForSpeed ? [100] : quotas) {
      for (const workers of [1, 3]) await atQuota(sandbox, large, quota, workers, size, add);
    }
    await withoutQuota(sandbox, large, size, add);
    await fairly(sandbox, large, small, add);
  } finally {
    await sandbox.remove();
  }
}

async function atQuota(
  sandbox: MailSandbox,
  people: People,
  quota: number,
  workers: number,
  size: number,
  add: Add,
): Promise<void> {
  const measured = Math.min(size, quota * measuredSeconds);
  const run = { quota, burst: quota, workers, warmUp: Math.min(quota * 2, size / 2), measured };
  const { mails, seconds, throttledShare } = await flowOf(sandbox, people, run);
  add({
    what: `${quota} a second allowed, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
    size: mails,
    unit: 'emails',
    seconds,
    baselineSeconds: mails / quota,
    peakMib: null,
    note: `${(throttledShare * 100).toFixed(2)} % throttled`,
    target: {
      words: `at least ${leastOfQuota * 100} % of the quota, at most ${mostThrottled * 100} % throttled`,
      met: mails / seconds >= leastOfQuota * quota && throttledShare <= mostThrottled,
    },
  });
}

async function withoutQuota(sandbox: MailSandbox, people: People, size: number, add: Add): Promise<void> {
  const measured = Math.min(size, 10_000);
  const run = { quota: noQuota, burst: noQuota, workers: 1, warmUp: Math.min(1000, size / 5), measured };
  const { mails, seconds } = await flowOf(sandbox, people, run);
  await bareHandOver(sandbox.ses.url, 500); // Warms up the code.
  const baseline = await measure(() => bareHandOver(sandbox.ses.url, Math.min(mails, 5000)));
  add({
    what: 'no quota, 1 worker',
    size: mails,
    unit: 'emails',
    seconds,
    baselineSeconds: (baseline.seconds * mails) / Math.min(mails, 5000),
    peakMib: null,
    target: {
      words: `at least ${leastWithoutQuota} a second`,
      met: mails / seconds >= leastWithoutQuota,
    },
  });
}

/** Two practices with queued emails each get half the rate, so the small one's emails take at least twice as long. */
async function fairly(sandbox: MailSandbox, large: People, small: People, add: Add): Promise<void> {
  const quota = 100;
  const { seconds, queuedInCampaign } = await duringCampaign(sandbox, large, small, {
    quota,
    burst: quota,
    workers: 1,
  });
  const fair = small.accountIds.length / (quota / 2);
  add({
    what: `a small practice's emails during a campaign, ${quota} a second allowed`,
    size: small.accountIds.length,
    unit: 'emails',
    seconds,
    baselineSeconds: fair,
    peakMib: null,
    note: `${queuedInCampaign} of a campaign of ${large.accountIds.length} still queued`,
    target: {
      words: `at most ${mostOfFairShare} x their fair share`,
      met: seconds <= mostOfFairShare * fair && queuedInCampaign > 0,
    },
  });
}
