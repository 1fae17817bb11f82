import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newIds } from '../../src/lib/ids.js';
import type { JobContext } from '../../src/jobs/catalog.js';
import {
  createStartNightlySync,
  missedNightlySyncs,
  nextNightlySync,
  startMinute,
  startNightlySync,
  startsAt,
  type NightlySchedule,
} from '../../src/jobs/handlers/start-nightly-sync.js';
import { ensurePractices } from '../../src/store/sync-runs/practices.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const elm: NightlySchedule = { practiceId: 'elm', timeZone: 'America/Chicago', at: '00:00', spreadMinutes: 0 };

describe('nightly sync: start', () => {
  let test: TestDatabase;
  let night = elm;
  const asked: unknown[] = [];
  const at = (time: string) => ({
    db: test.db,
    enqueue: (_name: string, payload: unknown) => Promise.resolve(void asked.push(payload)),
    clock: () => new Date(time),
    newId: newIds(),
    schedules: () => [night],
  });
  const start = (time: string) => createStartNightlySync(at(time))({ practiceId: 'elm' }, {} as JobContext);
  const missed = async (time: string) => (await missedNightlySyncs(at(time))).map(({ date }) => date);
  const dates = async () => {
    const runs = await test.db.selectFrom('sync_runs').select('nightly_date').orderBy('id').execute();
    return runs.map((run) => run.nightly_date);
  };
  /** Ends the run of a nightly sync. */
  const end = () => test.db.updateTable('sync_runs').set({ state: 'done', active_practice: null }).execute();

  beforeEach(async () => {
    test = await testDatabase();
    night = elm;
    asked.length = 0;
    await ensurePractices(test.db, [{ id: 'elm', name: 'Elm Street', timeZone: 'UTC' }], new Date());
  });
  afterEach(() => test.drop());

  it('belongs to the date at the practice and starts once', async () => {
    expect(await start('2026-05-04T04:30:00Z')).toEqual({
      did: expect.stringMatching(/^run \S+ for 2026-05-03$/),
    });
    expect(await start('2026-05-04T04:59:00Z')).toEqual({
      skipped: expect.stringContaining('already covers 2026-05-03'),
    });
    expect(await dates()).toEqual(['2026-05-03']);
    expect(asked).toHaveLength(1);
  });

  it('is missed if it has no run ten minutes after its start time', async () => {
    await start('2026-05-03T05:00:00Z');
    expect(await missed('2026-05-04T04:59:00Z')).toEqual([]);
    expect(await missed('2026-05-04T05:09:00Z')).toEqual([]);
    expect(await missed('2026-05-04T05:11:00Z')).toEqual(['2026-05-04']);
  });

  it('that starts shortly before midnight is made up after midnight, once', async () => {
    night = { ...elm, at: '23:30' };
    await start('2026-05-03T04:30:00Z');
    await end();
    // No worker ran from 23:20 to 00:20.
    const back = '2026-05-04T05:20:00Z';
    expect(await missed(back)).toEqual(['2026-05-03']);
    for (const date of await missed(back)) await startNightlySync(at(back), night, date);
    expect(await dates()).toEqual(['2026-05-02', '2026-05-03']);
    await end();
    expect(await missed('2026-05-05T04:29:00Z')).toEqual([]);
    expect(await start('2026-05-05T04:30:00Z')).toEqual({ did: expect.stringContaining('for 2026-05-04') });
  });

  it('keeps its date if its job runs after midnight, or a moment early', async () => {
    night = { ...elm, at: '23:58' };
    expect(await start('2026-05-04T05:03:00Z')).toEqual({ did: expect.stringContaining('for 2026-05-03') });
    await end();
    expect(await start('2026-05-05T04:57:59.900Z')).toEqual({
      did: expect.stringContaining('for 2026-05-04'),
    });
  });

  it('in the hour that clocks skip in spring starts once, an hour later by the clock', async () => {
    night = { ...elm, at: '02:30' };
    await start('2026-03-07T08:30:00Z');
    await end();
    expect(startsAt(night, '2026-03-08')).toEqual(new Date('2026-03-08T08:30:00Z'));
    expect(await missed('2026-03-08T08:29:00Z')).toEqual([]);
    expect(await start('2026-03-08T08:30:00Z')).toEqual({ did: expect.stringContaining('for 2026-03-08') });
    await end();
    expect(await start('2026-03-08T08:31:00Z')).toEqual({ skipped: expect.any(String) });
    expect(await missed('2026-03-08T12:00:00Z')).toEqual([]);
    expect(nextNightlySync(night, new Date('2026-03-08T12:00:00Z'))).toEqual(new Date('2026-03-09T07:30:00Z'));
    expect(await dates()).toEqual(['2026-03-07', '2026-03-08']);
  });

  it('in that hour is made up if it did not start', async () => {
    night = { ...elm, at: '02:30' };
    await start('2026-03-07T08:30:00Z');
    expect(await missed('2026-03-08T08:39:00Z')).toEqual([]);
    expect(await missed('2026-03-08T08:41:00Z')).toEqual(['2026-03-08']);
  });

  it('in the hour that clocks repeat in autumn starts once, in the first of the two', async () => {
    night = { ...elm, at: '01:30' };
    await start('2026-10-31T06:30:00Z');
    await end();
    expect(startsAt(night, '2026-11-01')).toEqual(new Date('2026-11-01T06:30:00Z'));
    expect(await start('2026-11-01T06:30:00Z')).toEqual({ did: expect.stringContaining('for 2026-11-01') });
    await end();
    expect(await start('2026-11-01T07:30:00Z')).toEqual({ skipped: expect.any(String) });
    expect(await missed('2026-11-01T09:00:00Z')).toEqual([]);
    expect(nextNightlySync(night, new Date('2026-11-01T06:30:00Z'))).toEqual(new Date('2026-11-02T07:30:00Z'));
    expect(await dates()).toEqual(['2026-10-31', '2026-11-01']);
  });

  it('is correct where clocks change by half an hour', () => {
    const howe = { ...elm, timeZone: 'Australia/Lord_Howe', at: '02:15' };
    // 02:00 becomes 02:30 on 4 October 2026, at 15:30 UTC the day before.
    expect(startsAt(howe, '2026-10-04')).toEqual(new Date('2026-10-03T15:45:00Z'));
  });
});

describe('nightly sync: start minute of a practice', () => {
  const of = (practiceId: string, more: Partial<NightlySchedule> = {}) =>
    startMinute({ ...elm, practiceId, at: '01:00', spreadMinutes: 120, ...more });

  it('is the same every night, within the spread, and not the same for all', () => {
    const minutes = Array.from({ length: 1000 }, (_, n) => of(`practice-${n}`));
    expect(minutes).toEqual(Array.from({ length: 1000 }, (_, n) => of(`practice-${n}`)));
    expect(Math.min(...minutes)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...minutes)).toBeLessThan(180);
    const starts = new Map<number, number>();
    for (const minute of minutes) starts.set(minute, (starts.get(minute) ?? 0) + 1);
    expect(starts.size).toBeGreaterThan(100);
    expect(Math.max(...starts.values())).toBeLessThan(30);
  });

  it('is the configured time without a spread, and can pass midnight with one', () => {
    expect(of('elm', { spreadMinutes: 0 })).toBe(60);
    const late = Array.from({ length: 200 }, (_, n) => of(`practice-${n}`, { at: '23:30' }));
    expect(late.every((minute) => minute >= 23 * 60 + 30 || minute < 90)).toBe(true);
    expect(late.some((minute) => minute < 90)).toBe(true);
  });
});
