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

describe('plan', () => {
  it('invite plan: holds a client under another person’s number, and writes nothing', async () => {
    await s.sync(pims([client(1), client(2)]));
    const before = await s.table('pims_clients');
    const planning = { ...s.deps, signal: new AbortController().signal, onPage: () => undefined };
    const rows = [zed, client(2), client(3), client(4, { pimsId: '4'.repeat(200) })];
    const plan = await planPractice(planning, s.practice(pims(rows)));
    expect(plan.counts).toMatchObject({ invite: 2, hold: 1, unreadable: 1 });
    const held = plan.clients.find(({ pimsId }) => pimsId === '0001');
    expect(held).toMatchObject({ name: 'Zed Oak', verdict: 'hold', reason: 'identity-conflict' });
    expect(await s.table('pims_clients')).toEqual(before);

    const run = await s.sync(pims(rows));
    expect(run.counts.reasons['identity-conflict']).toBe(1);
    // The known person is back, so no client is held any more.
    const again = await planPractice(planning, s.practice(pims([client(1), client(2), client(3)])));
    expect(again.counts).toMatchObject({ invite: 3, hold: 0 });
  });
});
