import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openClinic, type Clinic } from '../support/clinic.js';
import { freePort, until, type Running } from '../support/processes.js';
import { startRedisPair, type RedisPair } from '../support/redis-failover.js';

jest.setTimeout(180_000);

describe('queues: Redis behind one address', () => {
  let pair: RedisPair;
  let clinic: Clinic;
  let worker: Running;
  let workerUrl: string;

  beforeAll(async () => {
    pair = await startRedisPair();
    clinic = await openClinic({ clients: 5 });
    clinic.env['REDIS_URL'] = pair.url;
    const port = await freePort();
    workerUrl = `http://127.0.0.1:${port}`;
    worker = clinic.start('worker', '--health-port', String(port));
    const web = clinic.start('web');
    await web.says('"serving"');
    await worker.says('"working"');
  });
  afterAll(async () => {
    await clinic?.close();
    await pair?.close();
  });

  const redisState = async (url: string) => {
    const answer = await fetch(`${url}/readyz`);
    const { checks } = (await answer.json()) as { checks: { redis: string } };
    return [answer.status, checks.redis];
  };
  const bothSay = async (status: number, redis: string, withinMs?: number) => {
    for (const url of [workerUrl, clinic.webUrl]) {
      const says = async () => JSON.stringify(await redisState(url)) === JSON.stringify([status, redis]);
      await until(`/readyz says ${status} ${redis}`, says, withinMs);
    }
  };
  const jobsDone = () => worker.output().match(/"job":"dispatch-messages".*"job done"/g)?.length ?? 0;
  const moreJobs = async (withinMs: number) => {
    const before = jobsDone();
    await until('jobs are processed', () => jobsDone() > before + 1, withinMs);
  };

  it('is not ready while it takes no writes, for any reason', async () => {
    const { redis } = pair.primary;
    await bothSay(200, 'ok');
    await redis.config('SET', 'maxmemory', '1');
    await bothSay(503, 'redis-refuses-writes', 5_000);
    await redis.config('SET', 'maxmemory', '0');
    await bothSay(200, 'ok', 5_000);
    await redis.config('SET', 'min-replicas-to-write', '3');
    await bothSay(503, 'redis-refuses-writes', 5_000);
    await redis.config('SET', 'min-replicas-to-write', '0');
    await bothSay(200, 'ok', 5_000);
    await moreJobs(30_000);
  });

  it('is not ready while its address leads to a replica, and work continues at the new primary by itself', async () => {
    await moreJobs(30_000);
    await pair.swapRoles();
    await bothSay(503, 'redis-read-only', 5_000);
    // Long enough for connections that reconnected to the replica.
    await new Promise((next) => setTimeout(next, 3_000));
    pair.switchOver();
    await bothSay(200, 'ok', 5_000);
    await moreJobs(30_000);
    // The web process leaves it at its next readiness check, a worker with its next command.
    await until('only the test is connected to the old primary', async () => {
      const clients = String(await pair.primary.redis.client('LIST', 'TYPE', 'NORMAL'));
      return clients.trim().split('\n').length === 1;
    });
    expect((await worker.stop()).code).toBe(0);
  });
});
