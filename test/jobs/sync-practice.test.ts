import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/lib/ids.js';
import { Problem } from '../../src/lib/problem.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createEvaluatePractice, createSyncPractice } from '../../src/jobs/handlers/sync-practice.js';
import { createSweep } from '../../src/jobs/handlers/sweep.js';
import type { CredentialUpkeep } from '../../src/store/accounts/credential-upkeep.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { loadRun, requestSync } from '../../src/store/sync-runs/sync-runs.js';
import { client, pims } from '../sync/support/pims.js';
import { stage, type Stage } from '../sync/support/stage.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const minuteMs = 60_000;
const newId = newIds();

describe('sync job: a practice that was removed from the configuration', () => {
  let test: TestDatabase;
  const asked: [string, unknown][] = [];
  const named: object[] = [];
  const context = { about: (ids) => void named.push(ids) } as JobContext;
  beforeAll(async () => {
    test = await testDatabase();
    await ensurePractices(test.db, [{ id: 'gone', name: 'Gone', timeZone: 'UTC' }], new Date());
  });
  afterAll(() => test.drop());

  /** The dependencies of the handlers, with a clock that is `minutes` ahead. */
  const deps = (minutes: number) =>
    ({
      db: test.db,
      clock: () => new Date(Date.now() + minutes * minuteMs),
      newId,
      enqueue: (name: string, payload: unknown) => Promise.resolve(void asked.push([name, payload])),
      practice(id: string) {
        throw new Problem({ code: 'practice-unknown', message: `No practice has the id "${id}".` });
      },
    }) as unknown as Parameters<typeof createSyncPractice>[0];
  const sync = (runId: string, minutes: number) => createSyncPractice(deps(minutes))({ runId }, context);
  const request = async () =>
    (await requestSync(test.db, { practiceId: 'gone', kind: 'resync', by: 'test' }, newId, () => new Date())).runId;

  it('waits for a worker that knows it, then ends its run with the next step; no work stays open', async () => {
    const runId = await request();
    expect(await sync(runId, 1)).toEqual({ retryInMs: expect.any(Number) });
    expect((await loadRun(test.db, runId)).state).toBe('queued');
    expect(await sync(runId, 11)).toEqual({ skipped: expect.stringContaining('its run has ended') });
    const run = await loadRun(test.db, runId);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'practice-unknown' }, activePractice: null });
    expect(run.error?.help).toMatch(/add it to the configuration again, restart, and start a resync/);
    expect(named).toContainEqual({ practiceId: 'gone' });
    // Free the slot of the next run, in case it returns.
    expect(await request()).not.toBe(runId);
  });

  it('is not evaluated, and not enqueued every minute', async () => {
    const handler = createEvaluatePractice(deps(0));
    expect(await handler({ practiceId: 'gone' }, context)).toEqual({
      skipped: expect.stringContaining('no longer configured'),
    });
    await test.db
      .insertInto('pims_clients')
      // Columns that are not read here keep the values of an empty row.
      .ignore()
      .values({ practice_id: 'gone', pims_id: '1', needs_evaluation: 1 } as never)
      .execute();
    const none = () => Promise.resolve([] as never[]);
    const zero = () => Promise.resolve(0);
    const upkeep = { aliveAfterFirstLogin: none, endPastGraces: zero, clearLongExpired: zero };
    const sweep = createSweep({
      ...deps(0),
      schedules: () => [],
      upkeep: upkeep as unknown as CredentialUpkeep,
      more: {},
    });
    const { n } = await test.db
      .selectFrom('pims_clients')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('needs_evaluation', '=', 1)
      .executeTakeFirstOrThrow();
    expect(Number(n)).toBe(1);
    asked.length = 0;
    await sweep({}, context);
    expect(asked).toEqual([]);
  });
});

describe('sync job: a first import that must give way', () => {
  let elm: Stage;
  beforeAll(async () => void (elm = await stage()));
  afterAll(() => elm.test.drop());

  it('stops after a page without an error, and continues there later', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => client(n + 1));
    const { runId } = await elm.enqueue();
    const waits: (number | null)[] = [10_000];
    let looks = 0;
    const handler = createSyncPractice({
      ...elm.deps,
      // Each reading of the clock is a minute later, so that it is read after each page.
      clock: () => new Date(Date.now() + looks++ * minuteMs),
      enqueue: () => Promise.resolve(),
      practice: () => elm.practice(pims(rows)),
      admission: {
        canStart: () => Promise.resolve(null),
        canContinue: () => Promise.resolve(waits.shift() ?? null),
      },
    });
    const context = {
      signal: new AbortController().signal,
      isFinalAttempt: true,
      about: () => undefined,
      progress: () => Promise.resolve(),
    } as unknown as JobContext;
    expect(await handler({ runId }, context)).toEqual({ retryInMs: 10_000 });
    const begun = await loadRun(elm.test.db, runId);
    expect(begun).toMatchObject({ state: 'reading', readAll: false, error: null });
    expect(begun.pageNo).toBeGreaterThan(0);
    expect(await handler({ runId }, context)).toEqual({ did: expect.stringMatching(/^done: 12 read/) });
    expect(await elm.table('pims_clients')).toHaveLength(12);
    expect(await elm.broken()).toEqual([]);
  });
});
