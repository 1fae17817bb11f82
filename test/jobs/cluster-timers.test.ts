import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { Secret } from '../../src/lib/secret.js';
import { startClusterTimers, type ClusterTimers } from '../../src/jobs/cluster-timers.js';
import { openQueues, type Queues } from '../../src/jobs/bullmq/queues.js';
import { startWorkers, type Workers } from '../../src/jobs/bullmq/workers.js';
import type { Handlers, Outcome } from '../../src/jobs/catalog.js';
import { until } from '../support/processes.js';

const hourMs = 3600_000;
const realNow = Date.now.bind(Date);
const log = { info() {}, warn() {}, error() {} };

describe('cluster timers', () => {
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

  function work(handlers: Partial<Handlers>): void {
    const none = () => Promise.resolve<Outcome>({ did: 'it' });
    const all = {
      'sync-practice': none,
      'evaluate-practice': none,
      'start-nightly-sync': none,
      'dispatch-messages': none,
      'send-message': none,
      'first-login': none,
      sweep: none,
    };
    workers = startWorkers(url, { ...all, ...handlers }, { queueNames: ['accounts'], concurrency: {} }, log);
  }
  /** Runs `meanwhile` on a machine whose clock is ahead by this time. */
  async function hoursAhead(hours: number, meanwhile: () => Promise<void>): Promise<void> {
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + hours * hourMs);
    await meanwhile();
    await workers?.close(2000);
    workers = null;
    jest.restoreAllMocks();
  }

  it('cluster timers: enqueue their jobs although the clock of a worker jumps', async () => {
    const dispatched: string[] = [];
    const clusterTimer = [
      { name: 'dispatch', everyMs: 100, do: () => queues.enqueue('dispatch-messages', {}, { key: 'one' }) },
    ];
    clusterTimers = startClusterTimers(queues, clusterTimer, log);
    await hoursAhead(26, async () => {
      work({ 'dispatch-messages': () => Promise.resolve({ did: String(dispatched.push('ahead')) }) });
      await until('some jobs have run', () => dispatched.length >= 2);
    });
    dispatched.length = 0;
    work({ 'dispatch-messages': () => Promise.resolve({ did: String(dispatched.push('right')) }) });
    await until('they continue', () => dispatched.length >= 2);
  });

  it('cluster timers: run once for all processes, again after a failure, and although the clock of Redis was set back', async () => {
    expect([await queues.acquireLease('sweep', hourMs), await queues.acquireLease('sweep', hourMs)]).toEqual([
      true,
      false,
    ]);
    const [key = ''] = await redis.keys('*lease:sweep');
    await redis.pexpire(key, 26 * hourMs);
    expect(await queues.acquireLease('sweep', hourMs)).toBe(false);
    expect(await redis.pttl(key)).toBeLessThanOrEqual(hourMs);
    let times = 0;
    const failing = { name: 'failing', everyMs: 20, do: () => Promise.reject(new Error(String(times++))) };
    clusterTimers = startClusterTimers(queues, [failing], log);
    await until('it is retried', () => times >= 3);
  });
});
