import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planPractice } from '../../src/sync/plan.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.test.drop());

const zed = client(1, {
  firstName: 'Zed',
  lastName: 'Oak',
  emails: ['zed@oak.example'],
  createdOn: '2025-05-05',
});

const planning = () => ({ ...s.deps, signal: new AbortController().signal, onPage: () => undefined });

describe('plan', () => {
  it('invite plan: holds a client under another person’s number, and writes nothing', async () => {
    await s.sync(pims([client(1), client(2)]));
    const before = await s.table('pims_clients');
    const rows = [zed, client(2), client(3), client(4, { pimsId: '4'.repeat(200) })];
    const plan = await planPractice(planning(), s.practice(pims(rows)));
    expect(plan.counts).toMatchObject({ invite: 2, hold: 1, unreadable: 1 });
    const held = plan.clients.find(({ pimsId }) => pimsId === '0001');
    expect(held).toMatchObject({ name: 'Zed Oak', verdict: 'hold', reason: 'identity-conflict' });
    expect(await s.table('pims_clients')).toEqual(before);

    const run = await s.sync(pims(rows));
    expect(run.counts.reasons['identity-conflict']).toBe(1);
    // The known person is back, so no client is held any more.
    const again = await planPractice(planning(), s.practice(pims([client(1), client(2), client(3)])));
    expect(again.counts).toMatchObject({ invite: 3, hold: 0 });
  });

  it('invite plan: agrees with the sync that follows, which stores the same decisions', async () => {
    const shared = [1, 2, 3, 4, 5, 6].map((n) => client(n, { emails: ['desk@post.example'] }));
    await s.sync(pims([...shared, client(7)]));
    // Two of those who share the address are gone, one has changed, and one client is new.
    const rows = [...shared.slice(0, 3), client(4), client(7, { title: 'Dr' }), client(8)];
    const plan = await planPractice(planning(), s.practice(pims(rows)));
    const run = await s.sync(pims(rows));
    const stored = (await s.table('pims_clients')).filter((row) => row['missing_since'] === null);
    expect(run.counts.missing).toBe(2);
    expect(plan.clients.map(({ pimsId, verdict, reason }) => [pimsId, verdict, reason])).toEqual(
      stored.map((row) => [row['pims_id'], row['verdict'], row['reason']]),
    );
    expect(plan.counts).toMatchObject({ invite: 6, hold: 0, differ: 5 });
    expect(plan.clients.map(({ before }) => before)).toEqual([
      ...Array<string>(4).fill('shared-by-too-many'),
      'eligible',
      null,
    ]);
  });

  it('invite plan: is refused while a sync of the practice is reading', async () => {
    const { runId } = await s.enqueue();
    await expect(s.go(runId, pims([client(1), client(2)], { failAfterPages: 0 }))).rejects.toThrow();
    await expect(planPractice(planning(), s.practice(pims([client(1)])))).rejects.toMatchObject({
      code: 'sync-in-progress',
    });
  });
});
