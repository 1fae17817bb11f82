import { makeGroup } from './client.js';
import type { DemoClient } from './client.js';
import { randomOf } from './random.js';
import { groupSize, storyWeights } from './stories.js';

export interface PracticeOptions {
  /** The same seed gives the same clients; a larger practice of a seed begins with a smaller one's. */
  seed: number | string;
  /** 1 to 1,000,000 and more; nothing is kept, so memory does not grow with it. */
  clients: number;
  /** On average, for clients who have any. */
  petsPerClient?: number;
  /** 0: everyone can be invited. 1: half of them cannot. */
  mess?: number;
  /** `YYYY-MM-DD`; deaths, visits and births are counted back from it. */
  today: string;
  /** Decides how phones are written. */
  country?: 'US' | 'AU';
  /** Practices of one town share people: every 25th client of each is somebody of the town, under one address. */
  town?: string;
  /** Share of plain clients whose mail goes to the SES mailbox simulator, which answers without reaching anyone. */
  simulator?: number;
  /** Number of the first client; for those who come later. */
  firstNumber?: number;
}

export interface DemoPractice {
  options: Required<Omit<PracticeOptions, 'town'>> & { town: string | null };
  /** The clients in order of their numbers, made one by one as they are asked for; may be walked again. */
  clients(): Generator<DemoClient, void, undefined>;
}

/** A believable practice: who its clients are, what pets they have, and what is wrong with their records. */
export function generatePractice(options: PracticeOptions): DemoPractice {
  const full = {
    petsPerClient: 1.5,
    mess: 0.5,
    country: 'US' as const,
    simulator: 0,
    firstNumber: 1,
    ...options,
    town: options.town ?? null,
  };
  const weights = storyWeights(full.mess);
  return {
    options: full,
    *clients() {
      let number = full.firstNumber;
      // No client has more than twelve, so clients who come later never take a number that is taken.
      let pets = (full.firstNumber - 1) * 12;
      const end = number + full.clients;
      while (number < end) {
        const random = randomOf(full.seed, 'group', number);
        const drawn = random.weighted(weights);
        // The last clients tell a story that they are enough for.
        const story = groupSize(drawn) > end - number ? 'plain' : drawn;
        const group = makeGroup(story, number, random, full, () => ++pets);
        yield* group;
        number += group.length;
      }
    },
  };
}
