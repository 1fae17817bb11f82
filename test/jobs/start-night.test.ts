import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/domain/ids.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createStartNight, missedNights, type Night } from '../../src/jobs/start-night.js';
import { ensurePractices } from '../../src/store/practices.js';
import { sharedTime } from '../../src/store/wrong-clock.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('a night', () => {
  let test: TestDatabase;
  const elm: Night = { practiceId: 'elm', timeZone: 'UTC', at: '00:00', spreadMinutes: 0 };
  const asked: unknown[] = [];
  const deps = (aheadHours: number) => ({
    db: test.db,
    ask: (_name: string, payload: unknown) => Promise.resolve(void asked.push(payload)),
    clock: () => new Date(Date.now() + aheadHours * 3600_000),
    sharedNow: () => sharedTime(test.db),
    newId: newIds(),
    nights: () => [elm],
  });
  beforeAll(async () => {
    test = await testDatabase();
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'UTC' }], new Date());
  });
  afterAll(() => test.drop());

  it('is the one of the day that the database has, though a worker is a day ahead of it', async () => {
    const today = (await sharedTime(test.db)).toISOString().slice(0, 10);
    const done = await createStartNight(deps(26))({ practiceId: 'elm' }, {} as JobContext);
    expect(done).toMatchObject({ did: expect.stringContaining(`for ${today}`) });
    const runs = await test.db.selectFrom('sync_runs').select('nightly_date').execute();
    expect(runs).toEqual([{ nightly_date: today }]);
    expect(asked).toHaveLength(1);
  });

  it('is opened once, whichever worker is asked', async () => {
    expect(await createStartNight(deps(0))({ practiceId: 'elm' }, {} as JobContext)).toMatchObject({
      skipped: expect.stringContaining('serves'),
    });
    expect(await missedNights(deps(26))).toEqual([]);
    expect(asked).toHaveLength(1);
  });

  it('is missed when it has no run ten minutes after it should have begun', async () => {
    await test.db.deleteFrom('sync_runs').execute();
    const at = (time: string) => ({ ...deps(0), sharedNow: () => Promise.resolve(new Date(time)) });
    expect(await missedNights(at('2026-05-04T00:09:00Z'))).toEqual([]);
    expect(await missedNights(at('2026-05-04T00:11:00Z'))).toEqual([{ night: elm, date: '2026-05-04' }]);
  });
});
