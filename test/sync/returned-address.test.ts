import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '../../src/store/db/database.js';
import { approvePlan } from '../../src/store/sync-runs/practices.js';
import { client, pims } from './support/pims.js';
import { rows, undoneStage, type UndoneStage } from './support/undone-stage.js';

const policy = { welcome: 'after-approval' };
const ann = (email: string) => pims([client(1, { emails: [email] }), ...rows(3).slice(1)]);

describe('sync: an address that was corrected before any invitation, and then comes back', () => {
  let s: UndoneStage;
  beforeEach(async () => {
    s = await undoneStage();
    for (const email of ['typo@post.example', 'ann@post.example', 'typo@post.example'])
      await s.sync(ann(email), policy);
    await inTransaction(s.test.db, (trx) => approvePlan(trx, 'elm', 'Mia', new Date()));
    await s.evaluate(ann('typo@post.example'), policy);
  });
  afterEach(() => s.test.drop());

  it('gets no email until staff confirm it', async () => {
    expect(await s.reasons()).toEqual({ eligible: 2, 'undone-in-pims': 1 });
    expect(await s.mailed()).toEqual([2, 3]);
    await s.confirm(1);
    await s.evaluate(ann('typo@post.example'), policy);
    expect(await s.mailed()).toEqual([1, 2, 3]);
    expect(await s.broken()).toEqual([]);
  });
});
