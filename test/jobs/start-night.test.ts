import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/domain/ids.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import { createStartNight, missedNights, type Night } from '../../src/jobs/start-night.js';
import { ensurePractices } from '../../src/store/practices.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('a night', () => {
  let test: TestDatabase;
  const elm: Night = { practiceId: 'elm', timeZone: 'America/Chicago', at: '00:00', spreadMinutes: 0 };
  const asked: unknown[] = [];
  const at = (time: string) => ({
    db: test.db,
    ask: (_name: string, payload: unknown) => Promise.resolve(void asked.push(payload)),
    clock: () => new Date(time),
    newId: newIds(),
    nights: () => [elm],
  });
  const start = (time: string) => createStartNight(at(time))({ practiceId: 'elm' }, {} as JobContext);
  beforeAll(async () => {
    test = await testDatabase();
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'UTC' }], new Date());
  });
  afterAll(() => test.drop());

  it('belongs to the date at the practice and is opened once', async () => {
    expect(await start('2026-05-04T04:30:00Z')).toEqual({
      did: expect.stringMatching(/^run \S+ for 2026-05-03$/),
    });
    expect(await start('2026-05-04T04:59:00Z')).toEqual({
      skipped: expect.stringContaining('serves 2026-05-03'),
    });
    const runs = await test.db.selectFrom('sync_runs').select(['practice_id', 'nightly_date']).execute();
    expect(runs).toEqual([{ practice_id: 'elm', nightly_date: '2026-05-03' }]);
    expect(asked).toHaveLength(1);
  });

  it('is missed when it has no run ten minutes after it should have begun', async () => {
    expect(await missedNights(at('2026-05-04T04:59:00Z'))).toEqual([]);
    expect(await missedNights(at('2026-05-04T05:09:00Z'))).toEqual([]);
    expect(await missedNights(at('2026-05-04T05:11:00Z'))).toEqual([{ night: elm, date: '2026-05-04' }]);
  });
});
