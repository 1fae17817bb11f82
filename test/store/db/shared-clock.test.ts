import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSharedClock, type SharedClock } from '../../../src/store/db/shared-clock.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

describe('database: shared clock', () => {
  const trueNow = Date.now;
  const hours = 3600_000;
  let test: TestDatabase;
  let clock: SharedClock | undefined;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterEach(() => {
    Date.now = trueNow;
    clock?.stop();
  });
  afterAll(() => test.drop());

  /** Difference of the clock from the true time, in hours. */
  const off = (): number => Math.round(Math.abs(clock!.now().getTime() - trueNow()) / hours);

  it("is the database's, even if the machine's clock is a day ahead when the process starts", async () => {
    Date.now = () => trueNow() + 26 * hours;
    clock = createSharedClock(test.db);
    expect(off()).toBe(26);
    expect(Math.round((await clock.keep()) / hours)).toBe(26);
    expect(off()).toBe(0);
  });

  it('reports how far the clock of the machine is behind', async () => {
    clock = createSharedClock(test.db);
    expect(Math.abs(await clock.keep())).toBeLessThan(5_000);
    Date.now = () => trueNow() - 2 * hours;
    expect(Math.round((await clock.keep()) / hours)).toBe(-2);
  });

  it('does not jump when the machine’s clock is set', async () => {
    clock = createSharedClock(test.db);
    await clock.keep();
    Date.now = () => trueNow() - 26 * hours;
    expect(off()).toBe(0);
    await clock.keep();
    expect(off()).toBe(0);
  });

  it('does not run backwards while an answer is on its way', async () => {
    clock = createSharedClock(test.db);
    let before = clock.now();
    for (let look = 0; look < 20; look++) {
      await clock.keep();
      expect(clock.now().getTime()).toBeGreaterThanOrEqual(before.getTime());
      before = clock.now();
    }
  });
});
