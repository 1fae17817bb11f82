import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { openQueues, type Queues } from '../../src/jobs/bullmq/queues.js';
import { startWorkers, type Workers } from '../../src/jobs/bullmq/workers.js';
import { FinalFailure, type Handlers, type Outcome } from '../../src/jobs/catalog.js';
import { checkRedis } from '../../src/jobs/bullmq/redis.js';

const base = process.env['REDIS_URL'];
const accountId = newIds()();
const lines: string[] = [];
const log = {
  info: (details: object, message: string) => void lines.push(JSON.stringify([details, message])),
  warn: (details: object, message: string) => void lines.push(JSON.stringify([details, message])),
  error: (details: object, message: string) => void lines.push(JSON.stringify([details, message])),
};

describe('jobs: the queues', () => {
  let url: Secret;
  let redis: Redis;
  let queues: Queues;
  let workers: Workers | null = null;

  beforeEach(async () => {
    if (!base)
      throw new Error('REDIS_URL is not set. Run the tests with ./scripts/test, which starts a private Redis.');
    // Each jest process has its own Redis database.
    const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
    url = new Secret(`${base.replace(/\/\d*$/, '')}/${number}`);
    redis = new Redis(url.open());
    await redis.flushdb();
    lines.length = 0;
    queues = await openQueues(url, log);
  });
  afterEach(async () => {
    await workers?.close(2000);
    workers = null;
    await queues.close();
    redis.disconnect();
  });

  function handle(handlers: Partial<Handlers>) {
    const none = () => Promise.resolve<Outcome>({ skipped: 'not in this test' });
    const all = {
      'sync-practice': none,
      'evaluate-practice': none,
      'start-nightly-sync': none,
      'dispatch-messages': none,
      'send-message': none,
      'first-login': none,
      sweep: none,
    };
    workers = startWorkers(
      url,
      { ...all, ...handlers },
      { queueNames: ['accounts', 'mail', 'pims'], concurrency: {} },
      log,
    );
  }

  it('passes a job to its handler with the payload parsed', async () => {
    const got = new Promise<string>((resolve) => {
      handle({ 'first-login': ({ accountId: id }) => (resolve(id), Promise.resolve({ did: 'it' })) });
    });
    await queues.enqueue('first-login', { accountId });
    expect(await got).toBe(accountId);
  });

  it('refuses a payload with other data than ids before it reaches Redis', async () => {
    const wrong = { accountId, password: 'K7MP-4TXW-9HQD' } as never;
    await expect(queues.enqueue('first-login', wrong)).rejects.toMatchObject({ code: 'job-payload-wrong' });
    await expect(queues.enqueue('first-login', { accountId: new Secret('x') } as never)).rejects.toMatchObject({
      code: 'job-payload-wrong',
    });
    expect(await redis.keys('*accounts:[0-9]*')).toEqual([]);
  });

  it('stores no data of an error in Redis or in the log', async () => {
    const error = new Error("Duplicate entry 'ann@home.example' for key 'by_email'");
    handle({
      sweep: () => Promise.reject(error),
      'first-login': () => Promise.reject(new FinalFailure({ code: 'account-unknown', message: 'No such account.' })),
    });
    await queues.enqueue('sweep', {});
    await queues.enqueue('first-login', { accountId });
    const failed = queues.raw.find((queue) => queue.name === 'accounts');
    await until(async () => (await failed?.getFailedCount()) === 2);
    const stored = JSON.stringify(await failed?.getFailed()) + lines.join();
    expect(stored).not.toContain('ann@home.example');
    expect(stored).toContain('account-unknown: No such account.');
    const [one] = (await failed?.getFailed())?.filter((job) => job.name === 'first-login') ?? [];
    expect(one?.attemptsMade).toBe(1);
  });

  it('adds no second job while one with the same key waits or runs', async () => {
    for (let i = 0; i < 5; i++) await queues.enqueue('first-login', { accountId }, { key: accountId });
    const accounts = queues.raw.find((queue) => queue.name === 'accounts');
    expect(await accounts?.getWaitingCount()).toBe(1);
    handle({});
    await until(async () => (await accounts?.getCompletedCount()) === 1);
    await queues.enqueue('first-login', { accountId }, { key: accountId });
    await until(async () => (await accounts?.getCompletedCount()) === 2);
  });

  it('retries a job that had to wait for its turn as the same attempt, under the same key', async () => {
    const tries: boolean[] = [];
    const later: Outcome[] = [{ retryInMs: 50 }, { retryInMs: 50 }];
    handle({
      'first-login': (_, { isFinalAttempt }) => {
        tries.push(isFinalAttempt);
        return Promise.resolve(later.shift() ?? { did: 'it' });
      },
    });
    const accounts = queues.raw.find((queue) => queue.name === 'accounts');
    await queues.enqueue('first-login', { accountId }, { key: accountId });
    await until(async () => {
      await queues.enqueue('first-login', { accountId }, { key: accountId });
      return tries.length === 2;
    });
    await until(async () => (await accounts?.getCompletedCount()) === 1);
    expect(tries).toEqual([false, false, false]);
    expect(await accounts?.getFailedCount()).toBe(0);
  });

  it('sets schedules, replaces them and removes those that are no longer configured', async () => {
    const night = (practiceId: string) => ({
      id: practiceId,
      name: 'start-nightly-sync' as const,
      payload: { practiceId },
      when: { cron: '10 2 * * *', timeZone: 'America/Chicago' },
    });
    await queues.setSchedules('night-', [night('elm'), night('oak')]);
    await queues.setSchedules('night-', [night('oak'), night('ash')]);
    const accounts = queues.raw.find((queue) => queue.name === 'accounts');
    const keys = (await accounts?.getJobSchedulers())?.map(({ key }) => key).sort();
    expect(keys).toEqual(['night-ash', 'night-oak']);
  });

  it('hands back a job that does not end before the deadline', async () => {
    let aborted = false;
    const started = new Promise<void>((resolve) => {
      handle({
        sweep: (_payload, { signal }) =>
          new Promise((_, reject) => {
            resolve();
            signal.addEventListener('abort', () => ((aborted = true), reject(signal.reason as Error)));
          }),
      });
    });
    await queues.enqueue('sweep', {});
    await started;
    await workers?.close(600);
    workers = null;
    expect(aborted).toBe(true);
  });

  it('leaves a job that ignores the signal to another worker after the deadline', async () => {
    let end = (): void => undefined;
    const started = new Promise<void>((begun) => {
      handle({
        sweep: () => {
          begun();
          return new Promise<Outcome>((resolve) => (end = () => resolve({ did: 'it after all' })));
        },
      });
    });
    await queues.enqueue('sweep', {});
    await started;
    expect(await workers?.close(200)).toBe(false);
    workers = null;
    // Its later results are ignored: another worker takes the job when the lock expires.
    end();
    const accounts = queues.raw.find(({ name }) => name === 'accounts');
    expect(await accounts?.getJobCountByTypes('active')).toBe(1);
  });

  it('measures the wait of a job from its due time, not from when it was added', async () => {
    const accounts = queues.raw.find(({ name }) => name === 'accounts');
    const dayMs = 24 * 3600_000;
    const tonight = await accounts?.add('sweep', {}, { timestamp: Date.now() - dayMs, delay: dayMs });
    await tonight?.promote();
    const waits = async () => (await queues.depths()).find(({ queueName }) => queueName === 'accounts')?.oldestMs;
    expect(await waits()).toBeLessThan(3600_000);
    // A job with a priority waits too, although it is in another list.
    await accounts?.add('sweep', {}, { timestamp: Date.now() - dayMs, priority: 5 });
    expect(await waits()).toBeGreaterThanOrEqual(dayMs);
  });

  it('logs the run and the practice with a job that is done or failed', async () => {
    const [failing, running] = [newIds()(), newIds()()];
    handle({
      'sync-practice': ({ runId }, { about }) => {
        about({ practiceId: 'elm' });
        if (runId === failing) return Promise.reject(new FinalFailure({ code: 'account-unknown', message: 'Gone.' }));
        return Promise.resolve({ did: 'it' });
      },
    });
    await queues.enqueue('sync-practice', { runId: failing });
    await queues.enqueue('sync-practice', { runId: running });
    const told = () => lines.map((line) => JSON.parse(line) as [object, string]);
    await until(async () => told().length === 2);
    expect(told()).toContainEqual([expect.objectContaining({ runId: failing, practiceId: 'elm' }), 'job failed']);
    expect(told()).toContainEqual([expect.objectContaining({ runId: running, practiceId: 'elm' }), 'job done']);
  });

  it('replaces only schedules that differ', async () => {
    const night = (practiceId: string, cron = '10 2 * * *') => ({
      id: practiceId,
      name: 'start-nightly-sync' as const,
      payload: { practiceId },
      when: { cron, timeZone: 'America/Chicago' },
    });
    const iterations = async () => {
      const all = await queues.raw.find(({ name }) => name === 'accounts')?.getJobSchedulers();
      return Object.fromEntries(all?.map(({ key, pattern, next }) => [key, `${pattern} ${next}`]) ?? []);
    };
    // Each time a schedule is set, a number is used.
    const taken = () => redis.get('{pims-sync}:accounts:id');
    await queues.setSchedules('night-', [night('elm'), night('oak')]);
    const before = [await iterations(), await taken()];
    await queues.setSchedules('night-', [night('elm'), night('oak')]);
    expect([await iterations(), await taken()]).toEqual(before);
    await queues.setSchedules('night-', [night('elm', '30 3 * * *'), night('oak')]);
    expect(await iterations()).toMatchObject({ 'night-elm': expect.stringMatching(/^30 3 \* \* \* \d+$/) });
    expect((await iterations())['night-oak']).toBe((before[0] as Record<string, string>)['night-oak']);
  });

  it('fails at once while Redis is down, instead of hanging', async () => {
    const nowhere = new Secret('redis://127.0.0.1:1');
    await expect(checkRedis(nowhere)).rejects.toMatchObject({ code: 'redis-unreachable' });
    await expect(openQueues(nowhere, log)).rejects.toMatchObject({ code: 'redis-unreachable' });
    expect(await checkRedis(url)).toBeNull();
  });

  it.each(['', '-DENIED Redis is running in protected mode\r\n'])(
    'gives the next step for a server that closes the connection (%p)',
    async (words) => {
      const server = createServer((line) => line.on('error', () => {}).end(words)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const there = new Secret(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const problem = { code: 'redis-hangs-up', help: expect.stringMatching(/password.*rediss:/) };
      await expect(checkRedis(there)).rejects.toMatchObject(problem);
      await expect(openQueues(there, log)).rejects.toMatchObject(problem);
      server.close();
    },
  );

  it('hands back a job of a later version until a worker knows it, and gives up one that none knows', async () => {
    handle({});
    const accounts = queues.raw.find(({ name }) => name === 'accounts');
    const young = await accounts?.add('of-a-later-version', { some: 'thing' });
    const old = await accounts?.add('of-no-version', {}, { timestamp: Date.now() - 3600_000 });
    await until(async () => (await old?.getState()) === 'failed');
    await until(async () => (await young?.getState()) === 'delayed');
    expect(await accounts?.getJobCountByTypes('failed')).toBe(1);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not come to hold within 10 seconds.');
}
