import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { Secret } from '../../src/domain/secret.js';
import { metricsPlugin } from '../../src/ops/metrics.js';
import { ensurePractices } from '../../src/store/practices.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('the metrics', () => {
  let test: TestDatabase;
  const clock = () => new Date();
  const depths = () =>
    Promise.resolve([
      { lane: 'mail' as const, waiting: 7, active: 1, delayed: 0, failed: 2, oldestMs: 1500 },
    ]);
  beforeAll(async () => {
    test = await testDatabase();
    const hourAgo = new Date(Date.now() - 3_600_000);
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm', timeZone: 'UTC' }], hourAgo);
  });
  afterAll(() => test.drop());

  it('lead with the age of data of each practice, and count lanes and passwords', async () => {
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, depths }, null));
    const { body } = await app.inject('/metrics');
    const age = Number(/pims_sync_data_age_seconds\{practice="elm"\} (\d+)/.exec(body)?.[1]);
    expect(age).toBeGreaterThanOrEqual(3600);
    expect(body).toContain('pims_sync_jobs{lane="mail",state="waiting"} 7');
    expect(body).toContain('pims_sync_oldest_job_seconds{lane="mail"} 1.5');
    expect(body).toContain('pims_sync_credentials_past_first_login 0');
  });

  it('go on when Redis is away, and say that a source failed', async () => {
    const app = fastify();
    const away = () => Promise.reject(new Error('away'));
    await app.register(metricsPlugin({ db: test.db, clock, depths: away }, null));
    const { statusCode, body } = await app.inject('/metrics');
    expect(statusCode).toBe(200);
    expect(body).toContain('pims_sync_scrape_failures_total 1');
    expect(body).toContain('pims_sync_data_age_seconds{practice="elm"}');
  });

  it('are read with the bearer token only, where one is set', async () => {
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, depths }, new Secret('long-enough-token')));
    const ask = (authorization?: string) =>
      app.inject({ url: '/metrics', headers: authorization ? { authorization } : {} });
    expect((await ask()).statusCode).toBe(401);
    expect((await ask('Bearer wrong')).statusCode).toBe(401);
    expect((await ask('Bearer long-enough-token')).statusCode).toBe(200);
  });
});
