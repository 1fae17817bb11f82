import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { newIds } from '../../src/lib/ids.js';
import { Secret } from '../../src/lib/secret.js';
import { openQueues, type Queues } from '../../src/jobs/bullmq/queues.js';
import { startWorkers } from '../../src/jobs/bullmq/workers.js';
import { deadJobs, dropDeadJob, type DeadJob } from '../../src/jobs/bullmq/dead-jobs.js';
import { FinalFailure, type Handlers } from '../../src/jobs/catalog.js';
import { inspectDeadJob, replayDeadJob, type DeadLetter } from '../../src/jobs/dead-letters.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { until } from '../support/processes.js';

const quiet = { info() {}, warn() {}, error() {} };

describe('jobs: dead letters', () => {
  let test: TestDatabase;
  let redis: Redis;
  let queues: Queues;
  let url: Secret;
  const newId = newIds();
  const clock = () => new Date();

  beforeAll(async () => {
    test = await testDatabase();
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm', timeZone: 'UTC' }], clock());
    const number = 1 + (Number(process.env['JEST_WORKER_ID'] ?? 1) % 14);
    url = new Secret(`${(process.env['REDIS_URL'] as string).replace(/\/\d*$/, '')}/${number}`);
    redis = new Redis(url.open());
    queues = await openQueues(url, quiet);
  });
  beforeEach(() => redis.flushdb());
  afterAll(async () => {
    await queues.close();
    await redis.flushdb();
    redis.disconnect();
    await test.drop();
  });

  const insert = (table: string, row: object) =>
    test.db
      .insertInto(table as never)
      .values(row as never)
      .execute();
  const run = async (state: string, at = clock(), more: object = {}) => {
    const id = newId();
    const row = { id, practice_id: 'elm', kind: 'nightly', state, requested_at: at, counts: '{}', ...more };
    await insert('sync_runs', row);
    return id;
  };
  const mail = async (state: string) => {
    const id = newId();
    const at = clock();
    await insert('messages', {
      id,
      practice_id: 'elm',
      account_id: newId(),
      kind: 'welcome',
      state,
      due_at: at,
      created_at: at,
      changed_at: at,
    });
    return id;
  };
  const account = async (loggedIn: boolean) => {
    const id = newId();
    const at = clock();
    await insert('accounts', {
      id,
      email: `${id}@x.example`,
      email_key: `${id}@x.example`,
      created_at: at,
      first_login_at: loggedIn ? at : null,
    });
    await insert('temporary_credentials', {
      account_id: id,
      issuing_practice_id: 'elm',
      key_id: 'k1',
      sealed: Buffer.alloc(40),
      issued_at: at,
      expires_at: at,
      used_at: loggedIn ? at : null,
    });
    return id;
  };

  /** Runs every waiting job with this result until the queues give up all of them. */
  async function giveUp(count: number, error: () => Error): Promise<void> {
    const fails = () => Promise.reject(error());
    const handlers = Object.fromEntries(
      [
        'sync-practice',
        'evaluate-practice',
        'start-nightly-sync',
        'dispatch-messages',
        'send-message',
        'first-login',
        'sweep',
      ].map((name) => [name, fails]),
    ) as unknown as Handlers;
    const workers = startWorkers(url, handlers, { queueNames: ['pims', 'mail', 'accounts'], concurrency: {} }, quiet);
    await until(`${count} jobs were given up`, async () => {
      const depths = await queues.depths();
      return depths.reduce((sum, depth) => sum + depth.failed, 0) === count;
    });
    await workers.close(2000);
  }
  const refused = () => new FinalFailure({ code: 'pims-login-refused', message: 'The PIMS refused the login of elm.' });
  const dead = async () => {
    const jobs: DeadJob[] = [];
    for await (const job of deadJobs(queues)) jobs.push(job);
    return jobs;
  };
  const letters = async () => {
    const told: DeadLetter[] = [];
    for (const job of await dead()) told.push(await inspectDeadJob(test.db, job));
    return told;
  };
  const replay = async () => {
    const deps = { db: test.db, enqueue: queues.enqueue, clock, newId };
    for (const job of await dead()) {
      await replayDeadJob(deps, job);
      await dropDeadJob(queues, job);
    }
  };
  const waiting = async () => (await queues.depths()).reduce((sum, { waiting }) => sum + waiting, 0);

  it('show the purpose of each job, its practice, the cause of the failure and the effect of a replay', async () => {
    const [failed, open, queued, uncertain] = [
      await run('failed'),
      await run('reading'),
      await mail('queued'),
      await mail('uncertain'),
    ];
    const [loggedIn, waits] = [await account(true), await account(false)];
    for (const runId of [failed, open]) await queues.enqueue('sync-practice', { runId });
    for (const messageId of [queued, uncertain]) await queues.enqueue('send-message', { messageId });
    for (const accountId of [loggedIn, waits]) await queues.enqueue('first-login', { accountId });
    await queues.enqueue('evaluate-practice', { practiceId: 'elm' });
    await queues.enqueue('start-nightly-sync', { practiceId: 'elm' });
    await queues.enqueue('sweep', {});
    await giveUp(9, refused);
    const told = await letters();
    expect(told).toHaveLength(9);
    expect(new Set(told.map(({ cause, message }) => `${cause}: ${message}`))).toEqual(
      new Set(['pims-login-refused: The PIMS refused the login of elm.']),
    );
    const of = (name: string) =>
      told
        .filter((one) => one.name === name)
        .map(({ replay }) => replay.action)
        .sort();
    expect(of('sync-practice')).toEqual(['again', 'new-run']);
    expect(of('send-message')).toEqual(['again', 'nothing']);
    expect(of('first-login')).toEqual(['again', 'nothing']);
    expect([...of('evaluate-practice'), ...of('start-nightly-sync'), ...of('sweep')]).toEqual([
      'nothing',
      'nothing',
      'nothing',
    ]);
    expect(told.filter(({ practices }) => practices.includes('elm'))).toHaveLength(6);
    expect(
      told.find(({ name, replay }) => name === 'send-message' && replay.action === 'nothing')?.replay.description,
    ).toMatch(/never sent again on a guess/);
  });

  it('are replayed once, even if replay runs several times', async () => {
    const before = (await test.db.selectFrom('sync_runs').select('id').execute()).length;
    const [failed, queued, loggedIn] = [
      await run('failed', new Date(Date.now() - 1000)),
      await mail('queued'),
      await account(true),
    ];
    await test.db.updateTable('sync_runs').set({ state: 'failed' }).where('state', '=', 'reading').execute();
    await queues.enqueue('sync-practice', { runId: failed });
    await queues.enqueue('send-message', { messageId: queued });
    await queues.enqueue('first-login', { accountId: loggedIn });
    await giveUp(3, refused);
    const jobs = await dead();
    const deps = { db: test.db, enqueue: queues.enqueue, clock, newId };
    // Twice for each, as if the first operator was interrupted before removing a dead job.
    for (const job of [...jobs, ...jobs]) await replayDeadJob(deps, job);
    expect(await waiting()).toBe(3);
    await replay();
    expect(await waiting()).toBe(3);
    expect(await dead()).toEqual([]);
    const runs = await test.db.selectFrom('sync_runs').selectAll().execute();
    expect(runs).toHaveLength(before + 2);
    expect(runs.filter(({ state }) => state === 'queued')).toMatchObject([
      { practice_id: 'elm', kind: 'resync', requested_by: 'a replay of a dead letter' },
    ]);
  });

  it('of a sync are not replayed if a later one has read everything', async () => {
    await test.db.deleteFrom('sync_runs').execute();
    const old = await run('failed', new Date(Date.now() - 60_000));
    await run('done');
    await queues.enqueue('sync-practice', { runId: old });
    await giveUp(1, refused);
    expect((await letters())[0]?.replay.description).toMatch(/a later sync has read everything/);
    await replay();
    expect(await waiting()).toBe(0);
    expect(await dead()).toEqual([]);
  });

  it('of unknown jobs, or whose record was deleted, are listed and deleted', async () => {
    const pims = queues.raw.find(({ name }) => name === 'pims');
    await pims?.add('make-coffee', { for: 'the doctor' }, { timestamp: Date.now() - 3600_000 });
    await pims?.add('sync-practice', { runId: 'not an id' }, { attempts: 1 });
    await queues.enqueue('sync-practice', { runId: newId() });
    await queues.enqueue('send-message', { messageId: newId() });
    await giveUp(4, refused);
    const told = await letters();
    expect(told.map(({ replay }) => replay.action)).toEqual(['nothing', 'nothing', 'nothing', 'nothing']);
    expect(told.map(({ purpose }) => purpose).join('\n')).toMatch(/unknown job "make-coffee"/);
    await replay();
    expect(await dead()).toEqual([]);
  });

  it('of a schedule can be deleted without affecting the schedule', async () => {
    const accounts = queues.raw.find(({ name }) => name === 'accounts');
    await accounts?.upsertJobScheduler('every-sweep', { every: 3600_000 }, { name: 'sweep', data: {} });
    await giveUp(1, refused);
    await replay();
    expect(await dead()).toEqual([]);
    expect(await accounts?.getJobSchedulers()).toHaveLength(1);
    await queues.setSchedules('every-', []);
  });
});
