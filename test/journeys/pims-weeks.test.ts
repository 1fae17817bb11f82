import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { histories, play, shortest, type History } from './support/weeks-story.js';

const seeds = (process.env['SEEDS'] ?? '1,2,3,4,5,6').split(',').map(Number);
/** `RUNS=500` plays 500 histories of each seed. */
const runs = Number(process.env['RUNS'] ?? 2);
const shortenMs = 60_000;

describe('journey: weeks of random PIMS histories', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(() => test.drop());

  const storyOf = (history: History): Promise<string | null> =>
    play(test, history).then(
      () => null,
      (error: Error) => error.message,
    );

  it.each(seeds)(
    'never show or email anyone a pet that is dead or not theirs, and never invite an ineligible client: seed %i',
    async (seed) => {
      const details = await fc.check(
        fc.asyncProperty(histories, async (history) => (await storyOf(history)) === null),
        { seed, numRuns: runs, endOnFailure: true },
      );
      const history = details.counterexample?.[0];
      if (history) throw new Error(await shortest(history, storyOf, Date.now() + shortenMs));
      expect(details.failed).toBe(false);
    },
    shortenMs + runs * 30_000,
  );
});
