import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApp } from '../../src/app/create-app.js';
import { loadConfig } from '../../src/app/config.js';
import type { Config } from '../../src/app/config-schema.js';
import { runWorkers } from '../../src/app/run-workers.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/processes.js';

describe('workers: one process', () => {
  let test: TestDatabase;
  let redis: Redis;
  let config: Config;
  const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
  const folder = mkdtempSync(join(tmpdir(), 'pims-work-'));
  const log = pino({ level: 'silent' });
  beforeAll(async () => {
    const base = process.env['REDIS_URL'];
    if (!base) throw new Error('Run the tests with ./scripts/test, which starts a private Redis.');
    test = await testDatabase();
    const url = `${base.replace(/\/\d*$/, '')}/${number}`;
    redis = new Redis(url);
    await redis.flushdb();
    const file = join(folder, 'pims-sync.yaml');
    writeFileSync(file, 'publicUrl: http://pims.test\nmail: { from: hello@pims.test }\npractices: []\n');
    config = loadConfig({
      DATABASE_URL: test.url,
      REDIS_URL: url,
      CREDENTIAL_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      PIMS_SYNC_CONFIG: file,
    });
  });
  afterAll(async () => {
    redis.disconnect();
    await test.drop();
    rmSync(folder, { recursive: true });
  });

  it('starts none if Redis is lost while it starts', async () => {
    const app = createApp(config, log);
    const queues = await app.queues();
    let workers = -1;
    const enqueue = async (): Promise<never> => {
      // Gives connections that were opened earlier time to reach Redis.
      for (let n = 0; n < 200; n++) await redis.ping();
      // The names of BullMQ's workers; other tests use other database numbers.
      const clients = String(await redis.client('LIST')).split('\n');
      workers = clients.filter((one) => one.includes('name={pims-sync}') && one.includes(` db=${number} `)).length;
      throw new Error('Connection is closed.');
    };
    const cut = { ...app, queues: () => Promise.resolve({ ...queues, enqueue }) };
    await expect(runWorkers(cut, { queueNames: ['accounts', 'mail', 'pims'] })).rejects.toThrow('closed');
    expect(workers).toBe(0);
    await app.close();
  });

  it('runs the sweep and the search for due emails by itself, and stops cleanly', async () => {
    const app = createApp(config, log);
    const queues = await app.queues();
    const accounts = queues.raw.find(({ name }) => name === 'accounts')!;
    const work = await runWorkers(app, { queueNames: ['accounts'] });
    const done = async () => new Set((await accounts.getJobs(['completed'])).map(({ name }) => name));
    await until('both were done', async () => (await done()).has('sweep') && (await done()).has('dispatch-messages'));
    expect(await work.stop()).toBe(true);
    await app.close();
  });
});
