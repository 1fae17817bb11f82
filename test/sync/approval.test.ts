import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Connector } from '../../src/connectors/contract.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createEvaluatePractice } from '../../src/jobs/handlers/sync-practice.js';
import { approvePlan, canEvaluate, whyNotApprovable } from '../../src/store/sync-runs/practices.js';
import { evaluatePractice } from '../../src/sync/evaluate-practice.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => client(first + n));

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.test.drop());

/** The job that the sweep enqueues while any client needs evaluation. */
const evaluateJob = (connector: Connector) =>
  createEvaluatePractice({
    ...s.deps,
    enqueue: () => Promise.resolve(),
    practice: () => s.practice(connector),
  })({ practiceId: 'elm' }, { signal: new AbortController().signal } as JobContext);

describe('sync: a first import that failed for good in the middle', () => {
  it('approval: invites nobody from a partial read until a full scan is complete', async () => {
    // The second half shows that many clients share the first client's address.
    const rows = from(1, 12).map((one, n) => (n === 0 || n > 5 ? { ...one, emails: ['desk@post.example'] } : one));
    const { runId } = await s.enqueue();
    const half = pims(rows, { failAfterPages: 2 });
    await expect(s.go(runId, half, undefined, true)).rejects.toMatchObject({ code: 'pims-unreachable' });
    expect(await s.table('pims_clients')).toHaveLength(6);
    expect(await canEvaluate(s.test.db, 'elm')).toBe(false);
    expect(await whyNotApprovable(s.test.db, 'elm', null)).toBe('nothing-to-approve');
    expect(await evaluateJob(half)).toMatchObject({ skipped: expect.any(String) });
    expect(await s.table('accounts')).toEqual([]);

    // Nor while the next attempt waits for its turn.
    await s.enqueue();
    expect(await canEvaluate(s.test.db, 'elm')).toBe(false);
    const whole = await s.sync(pims(rows));
    expect(whole.counts.reasons).toMatchObject({ eligible: 5, 'shared-by-too-many': 7 });
    expect(await canEvaluate(s.test.db, 'elm')).toBe(true);
    expect(await whyNotApprovable(s.test.db, 'elm', null)).toBeNull();
  });

  it('approval: still possible for a practice that was read completely before', async () => {
    await s.sync(pims(from(1, 6)));
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims(from(1, 6), { failAfterPages: 1 }), undefined, true)).rejects.toThrow();
    expect(await canEvaluate(s.test.db, 'elm')).toBe(true);
  });
});

describe('sync: evaluation outside a run', () => {
  it('evaluation: leaves out the clients of a failed run until a run passes the safety stop', async () => {
    await s.sync(pims(from(1, 12)));
    await s.test.db.updateTable('pims_clients').set({ needs_evaluation: 1 }).where('pims_id', '=', '0001').execute();
    // The wrong database: strangers under new numbers, and a known number with another person's address.
    const wrong = [...from(100, 5), client(12, { emails: ['stranger@oak.example'] }), ...from(200, 5)];
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims(wrong, { failAfterPages: 2 }), undefined, true)).rejects.toThrow();
    expect(await evaluateJob(pims(wrong))).toEqual({ did: '1 evaluated, 0 accounts, 0 messages queued' });
    expect(await s.table('accounts')).toHaveLength(12);
    const waiting = (await s.table('pims_clients')).filter((row) => row['needs_evaluation'] === 1);
    expect(waiting.map((row) => row['pims_id'])).toEqual(['0012', '0100', '0101', '0102', '0103', '0104']);

    const run = await s.sync(pims([...from(1, 12), client(100)]));
    expect(run).toMatchObject({ state: 'done', counts: { accounts: 1, missing: 4 } });
    expect(await s.broken()).toEqual([]);
  });

  it('approval: yields to a run that starts reading, and leaves the rest to it', async () => {
    const rows = from(1, 1200);
    await s.sync(pims(rows, {}, 1000), { welcome: 'after-approval' });
    await approvePlan(s.test.db, 'elm', 'Mia', new Date());
    const onBatch = async () => {
      await s.enqueue();
      await s.test.db.updateTable('sync_runs').set({ state: 'reading' }).where('state', '=', 'queued').execute();
    };
    const evaluating = { ...s.deps, signal: new AbortController().signal, outsideRun: true, onBatch };
    const practice = s.practice(pims(rows), { welcome: 'after-approval' });
    expect(await evaluatePractice(evaluating, practice)).toMatchObject({ decided: 1000, accounts: 1000 });
    expect(await s.table('accounts')).toHaveLength(1000);
  });
});

describe('sync: a practice that approves each time', () => {
  const policy = { welcome: 'manual' };

  it('approval: invites the clients known at that time; later ones wait for the next approval', async () => {
    const rows = from(1, 3);
    const planned = await s.sync(pims(rows), policy);
    expect(planned.counts).toMatchObject({ accounts: 0, reasons: { eligible: 3 } });
    expect(await approvePlan(s.test.db, 'elm', 'Mia', new Date())).toBe(3);
    expect(await s.evaluate(pims(rows), policy)).toMatchObject({ accounts: 3, messages: 3 });

    rows.push(client(4), client(5));
    const later = await s.sync(pims(rows), policy);
    expect(later.counts).toMatchObject({ new: 2, accounts: 0, reasons: { eligible: 2 } });
    expect(await s.evaluate(pims(rows), policy)).toMatchObject({ accounts: 0 });
    expect(await approvePlan(s.test.db, 'elm', 'Mia', new Date())).toBe(2);
    expect(await s.evaluate(pims(rows), policy)).toMatchObject({ decided: 2, accounts: 2, messages: 2 });
    expect(await s.table('accounts')).toHaveLength(5);
    expect(await s.table('messages')).toHaveLength(5);
    expect(await s.broken()).toEqual([]);
  });
});
