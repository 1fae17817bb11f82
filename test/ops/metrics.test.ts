import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { metricsPlugin } from '../../src/ops/metrics.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('metrics', () => {
  let test: TestDatabase;
  const clock = () => new Date();
  const practices = ['elm', 'oak'];
  const newId = newIds();
  const insert = (table: string, row: object) =>
    test.db
      .insertInto(table as never)
      .values(row as never)
      .execute();
  const depths = () =>
    Promise.resolve([{ queueName: 'mail' as const, waiting: 7, active: 1, delayed: 0, failed: 2, oldestMs: 1500 }]);
  beforeAll(async () => {
    test = await testDatabase();
    const hourAgo = new Date(Date.now() - 3_600_000);
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm', timeZone: 'UTC' }], hourAgo);
  });
  afterAll(() => test.drop());

  it('show the age of data of each practice, and count jobs and passwords', async () => {
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths }, null));
    const { body } = await app.inject('/metrics');
    const age = Number(/pims_sync_data_age_seconds\{practice="elm"\} (\d+)/.exec(body)?.[1]);
    expect(age).toBeGreaterThanOrEqual(3600);
    expect(body).toContain('pims_sync_jobs{queue="mail",state="waiting"} 7');
    expect(body).toContain('pims_sync_oldest_job_seconds{queue="mail"} 1.5');
    expect(body).toContain('pims_sync_credentials_past_first_login 0');
  });

  it('are served while Redis is down, and report that a source failed', async () => {
    const app = fastify();
    const away = () => Promise.reject(new Error('away'));
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths: away }, null));
    const { statusCode, body } = await app.inject('/metrics');
    expect(statusCode).toBe(200);
    expect(body).toContain('pims_sync_scrape_failures_total 1');
    expect(body).toContain('pims_sync_part_up{part="redis"} 0');
    expect(body).toContain('pims_sync_part_up{part="database"} 1');
    expect(body).toContain('pims_sync_data_age_seconds{practice="elm"}');
  });

  it('are served while Redis is silent, and do not query it a second time meanwhile', async () => {
    const app = fastify();
    let asked = 0;
    const silent = () => new Promise<never>(() => asked++);
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths: silent }, null, 'test', 1000));
    for (let scrapes = 0; scrapes < 2; scrapes++) {
      const { statusCode, body } = await app.inject('/metrics');
      expect(statusCode).toBe(200);
      expect(body).toContain('pims_sync_part_up{part="redis"} 0');
      expect(body).toContain('pims_sync_data_age_seconds{practice="elm"}');
    }
    expect(asked).toBe(1);
  });

  it('need the bearer token if one is configured', async () => {
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths }, new Secret('long-enough-token')));
    const enqueue = (authorization?: string) =>
      app.inject({ url: '/metrics', headers: authorization ? { authorization } : {} });
    expect((await enqueue()).statusCode).toBe(401);
    expect((await enqueue('Bearer wrong')).statusCode).toBe(401);
    expect((await enqueue('Bearer long-enough-token')).statusCode).toBe(200);
  });

  it('show the failing practice with its cause, the speed of a run, and a run without progress', async () => {
    const now = Date.now();
    const at = (secondsAgo: number) => new Date(now - secondsAgo * 1000);
    await ensurePractices(
      test.db,
      [
        { id: 'oak', name: 'Oak', timeZone: 'UTC' },
        { id: 'gone', name: 'Gone', timeZone: 'UTC' },
      ],
      at(9000),
    );
    const run = (practice_id: string, state: string, secondsAgo: number, more: object) =>
      insert('sync_runs', {
        id: newId(),
        practice_id,
        kind: 'nightly',
        state,
        requested_at: at(secondsAgo),
        counts: '{"read":5000}',
        ...more,
      });
    await run('elm', 'done', 500, { started_at: at(500), finished_at: at(400) });
    await run('oak', 'done', 800, { started_at: at(800), finished_at: at(700) });
    await run('oak', 'failed', 300, {
      started_at: at(300),
      finished_at: at(290),
      error_code: 'pims-login-refused',
    });
    await run('gone', 'failed', 300, { finished_at: at(290), error_code: 'pims-login-refused' });
    await run('elm', 'reading', 200, { progressed_at: at(150) });
    // A resync of one client says nothing about the practice.
    await run('elm', 'failed', 10, { kind: 'client', finished_at: at(5), error_code: 'client-not-found' });
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths }, null, '1.2.3'));
    const { body } = await app.inject('/metrics');
    expect(body).toContain('pims_sync_practice_failing{practice="oak",cause="pims-login-refused"} 1');
    expect(body.match(/pims_sync_practice_failing\{/g)).toHaveLength(1);
    expect(Number(/pims_sync_data_age_seconds\{practice="oak"\} (\d+)/.exec(body)?.[1])).toBeGreaterThanOrEqual(700);
    expect(Number(/pims_sync_data_age_seconds\{practice="elm"\} (\d+)/.exec(body)?.[1])).toBeLessThan(700);
    expect(body).toContain('pims_sync_rows_per_second{practice="elm"} 50');
    expect(body).toContain('pims_sync_rows_read{practice="elm"} 5000');
    expect(Number(/pims_sync_run_idle_seconds\{practice="elm"\} ([\d.]+)/.exec(body)?.[1])).toBeGreaterThanOrEqual(150);
    expect(body).toContain('pims_sync_runs{practice="oak",state="failed"} 1');
    expect(body).not.toContain('practice="gone"');
    expect(body).toContain('pims_sync_build_info{version="1.2.3"} 1');
  });

  it('show why emails wait and how long, except for a practice that paused them', async () => {
    const at = new Date(Date.now() - 7_200_000);
    const mail = (practice_id: string, state: string, due: Date) =>
      insert('messages', {
        id: newId(),
        practice_id,
        account_id: newId(),
        kind: 'welcome',
        state,
        due_at: due,
        created_at: due,
        changed_at: due,
      });
    await mail('elm', 'queued', at);
    await mail('oak', 'queued', new Date(at.getTime() - 7_200_000));
    await mail('elm', 'uncertain', at);
    await mail('elm', 'bounced', at);
    await test.db.updateTable('practices').set({ email_paused_at: at }).where('id', '=', 'oak').execute();
    await test.db
      .updateTable('email_sending')
      .set({
        stopped_at: at,
        stopped_code: 'account-paused',
        quota_per_second: 14,
        quota_24_hours: 50_000,
        quota_sent: 120,
        quota_read_at: at,
      })
      .execute();
    for (let i = 0; i < 120; i++)
      await insert('send_attempts', {
        id: newId(),
        message_id: newId(),
        number: 1,
        claimed_at: new Date(),
        outcome: 'accepted',
      });
    const app = fastify();
    await app.register(metricsPlugin({ db: test.db, clock, practices, depths }, null));
    const { body } = await app.inject('/metrics');
    for (const line of [
      'pims_sync_sending_stopped{cause="account-paused"} 1',
      'pims_sync_email_paused{practice="oak"} 1',
      'pims_sync_messages{state="queued"} 2',
      'pims_sync_messages{state="uncertain"} 1',
      'pims_sync_messages{state="bounced"} 1',
      'pims_sync_ses_quota_per_second 14',
      'pims_sync_ses_sent_24_hours 120',
      'pims_sync_emails_per_second 2',
    ])
      expect(body).toContain(line);
    const queued = Number(/pims_sync_oldest_queued_seconds ([\d.]+)/.exec(body)?.[1]);
    expect(queued).toBeGreaterThanOrEqual(7200);
    expect(queued).toBeLessThan(14_000);
    expect(Number(/pims_sync_oldest_uncertain_seconds ([\d.]+)/.exec(body)?.[1])).toBeGreaterThanOrEqual(7200);
  });
});
