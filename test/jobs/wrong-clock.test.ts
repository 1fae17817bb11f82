import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { startClusterTimers, type ClusterTimers } from '../../src/jobs/cluster-timers.js';
import { openQueues, type Queues, type Schedule } from '../../src/jobs/bullmq/queues.js';
import { startWorkers, type Workers } from '../../src/jobs/bullmq/workers.js';
import type { Handlers, QueueName, Outcome } from '../../src/jobs/catalog.js';
import { until } from '../support/processes.js';

const hourMs = 3600_000;
const realNow = Date.now.bind(Date);
const log = { info() {}, warn() {}, error() {} };

/** Simulates a worker whose wall clock was hours ahead or behind and which has ended or been corrected. */
describe('jobs: a worker whose clock was wrong', () => {
  let url: Secret;
  let redis: Redis;
  let queues: Queues;
  let workers: Workers | null = null;
  let clusterTimers: ClusterTimers | null = null;

  beforeEach(async () => {
    const base = process.env['REDIS_URL'];
    if (!base) throw new Error('Run the tests with ./scripts/test, which starts a private Redis.');
    const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
    url = new Secret(`${base.replace(/\/\d*$/, '')}/${number}`);
    redis = new Redis(url.open());
    await redis.flushdb();
    queues = await openQueues(url, log);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await clusterTimers?.stop();
    await workers?.close(2000);
    [clusterTimers, workers] = [null, null];
    await queues.close();
    redis.disconnect();
  });

  const accounts = () => queues.raw.find(({ name }) => name === 'accounts')!;
  const count = (state: 'delayed' | 'completed' | 'waiting') => accounts().getJobCountByTypes(state);
  /** Returns the delay of each delayed job in milliseconds, by the correct clock. */
  async function waitsFor(queueName = 'accounts'): Promise<number[]> {
    const scores = await redis.zrange(`{pims-sync}:${queueName}:delayed`, '0', '-1', 'WITHSCORES');
    return scores.filter((_, at) => at % 2 === 1).map((score) => Number(score) / 0x1000 - realNow());
  }
  function work(handlers: Partial<Handlers>, queueNames: QueueName[] = ['accounts']): void {
    const none = () => Promise.resolve<Outcome>({ did: 'it' });
    const all = {
      'sync-practice': none,
      'evaluate-practice': none,
      'start-nightly-sync': none,
      'dispatch-messages': none,
      'send-message': none,
      'send-staff-message': none,
      'first-login': none,
      sweep: none,
    };
    workers = startWorkers(url, { ...all, ...handlers }, { queueNames, concurrency: {} }, log);
  }
  /** Runs `work` on a machine whose clock is ahead or behind by this time. */
  async function hoursAhead(hours: number, meanwhile: () => Promise<void>): Promise<void> {
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + hours * hourMs);
    await meanwhile();
    await workers?.close(2000);
    workers = null;
    jest.restoreAllMocks();
  }

  it('a job that had to wait for its turn runs in time', async () => {
    const accountId = newIds()();
    await queues.enqueue('first-login', { accountId }, { key: accountId });
    await hoursAhead(26, async () => {
      work({ 'first-login': () => Promise.resolve({ retryInMs: 50 }) });
      await until('it is put off', async () => (await count('delayed')) === 1);
    });
    expect(await queues.fixDelayedJobs()).toBe(1);
    work({});
    await until('it is done', async () => (await count('completed')) === 1);
  });

  it('a failed job is retried in time, and one that waits for a reason is left alone', async () => {
    await queues.enqueue('first-login', { accountId: newIds()() }, { delayMs: 12 * hourMs });
    await queues.enqueue('first-login', { accountId: newIds()() });
    await hoursAhead(3, async () => {
      work({ 'first-login': () => Promise.reject(new Error('the database is away')) });
      await until('it waits for its next try', async () => (await count('delayed')) === 2);
    });
    expect(await queues.fixDelayedJobs()).toBe(1);
    // Its backoff is kept: 0.5 s for the first attempt.
    expect((await waitsFor()).map((ms) => Math.round(ms / hourMs))).toEqual([0, 12]);
  });

  it('a job that fails on a slow clock is not retried at once until its attempts are used up', async () => {
    await queues.enqueue('sync-practice', { runId: newIds()() });
    await hoursAhead(-2, async () => {
      work({ 'sync-practice': () => Promise.reject(new Error('the database is away')) }, ['pims']);
      const pims = queues.raw.find(({ name }) => name === 'pims')!;
      await until('it waits for its next try', async () => (await pims.getJobCountByTypes('delayed')) === 1);
    });
    const [ms = 0] = await waitsFor('pims');
    expect(ms).toBeGreaterThan(10_000);
    expect(ms).toBeLessThan(31_000);
  });

  it('a repeating job keeps repeating', async () => {
    const dispatched: string[] = [];
    const clusterTimer = [
      { name: 'dispatch', everyMs: 100, do: () => queues.enqueue('dispatch-messages', {}, { key: 'one' }) },
    ];
    clusterTimers = startClusterTimers(queues, clusterTimer, log);
    await hoursAhead(26, async () => {
      work({ 'dispatch-messages': () => Promise.resolve({ did: String(dispatched.push('ahead')) }) });
      await until('it took some', () => dispatched.length >= 2);
    });
    dispatched.length = 0;
    work({ 'dispatch-messages': () => Promise.resolve({ did: String(dispatched.push('right')) }) });
    await until('they go on', () => dispatched.length >= 2);
  });

  it('a cluster timer runs in one of all processes, again after a failure, and survives a Redis whose clock was set back', async () => {
    expect([await queues.takeTurn('sweep', hourMs), await queues.takeTurn('sweep', hourMs)]).toEqual([true, false]);
    const [key = ''] = await redis.keys('*turn:sweep');
    await redis.pexpire(key, 26 * hourMs);
    expect(await queues.takeTurn('sweep', hourMs)).toBe(false);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(hourMs);
    let times = 0;
    const failing = { name: 'failing', everyMs: 20, do: () => Promise.reject(new Error(String(times++))) };
    clusterTimers = startClusterTimers(queues, [failing], log);
    await until('it is tried again', () => times >= 3);
  });

  it.each([26, 3])('the next nightly sync is tonight, at its own time: %i hours ahead', async (hours) => {
    // Due in two hours, so that the worker considers it due.
    const at = new Date(realNow() + 2 * hourMs);
    const cron = `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
    const night: Schedule = {
      id: 'elm',
      name: 'start-nightly-sync',
      payload: { practiceId: 'elm' },
      when: { cron, timeZone: 'UTC' },
    };
    await queues.setSchedules('night-', [night]);
    const next = async () => (await accounts().getJobSchedulers())[0]?.next ?? 0;
    const tonight = await next();
    let begun = 0;
    await hoursAhead(hours, async () => {
      work({ 'start-nightly-sync': () => Promise.resolve({ did: String(begun++) }) });
      await until('it took the night', async () => (await count('completed')) > 0);
    });
    expect(begun).toBe(0);
    expect(await next()).toBeGreaterThan(realNow() + 25 * hourMs);
    await queues.setSchedules('night-', [night]);
    expect(await next()).toBe(tonight);
    expect(await count('delayed')).toBe(1);
  });
});
