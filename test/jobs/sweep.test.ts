import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/lib/ids.js';
import { Problem } from '../../src/lib/problem.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createSweep } from '../../src/jobs/handlers/sweep.js';
import { createCredentialUpkeep } from '../../src/store/accounts/credential-upkeep.js';
import { createKeyring } from '../../src/lib/sealing.js';
import { Secret } from '../../src/lib/secret.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('jobs: the sweep', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  it('runs every other task if one fails, and reports the failed one at the end', async () => {
    const clock = () => new Date();
    const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
    const upkeep = createCredentialUpkeep({ db: test.db, keyring, clock });
    const done: string[] = [];
    const more = {
      before: () => Promise.resolve(done.push('before')),
      broken: () => Promise.reject(new Problem({ code: 'redis-unreachable', message: 'It is out of order.' })),
      after: () => Promise.resolve(done.push('after')),
    };
    const enqueue = () => Promise.resolve();
    const sweep = createSweep({ db: test.db, enqueue, clock, newId: newIds(), schedules: () => [], upkeep, more });
    await expect(sweep({}, {} as JobContext)).rejects.toMatchObject({
      code: 'redis-unreachable',
      message: expect.stringContaining('failed at: broken'),
    });
    expect(done).toEqual(['before', 'after']);
  });
});
