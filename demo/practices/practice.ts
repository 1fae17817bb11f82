import { makeGroup } from './client.js';
import type { DemoClient } from './client.js';
import { randomOf } from './random.js';
import { groupSize, storyWeights } from './stories.js';

export interface PracticeOptions {
  /** The same seed gives the same clients; a larger practice of a seed begins with a smaller one's. */
  seed: number | string;
  /** Number of clients, 1 to 1,000,000 and more. Clients are not kept, so memory does not grow with it. */
  clients: number;
  /** Average number of pets, for clients who have any. */
  petsPerClient?: number;
  /** Share of problematic data. 0: every client can be invited. 1: half of them cannot. */
  mess?: number;
  /** `YYYY-MM-DD`; deaths, visits and births are dated back from it. */
  today: string;
  /** Determines the format of phone numbers. */
  country?: 'US' | 'AU';
  /** Practices of one town share people: every 25th client of each is a person of the town with the same address. */
  town?: string;
  /** Share of plain clients with an address of the SES mailbox simulator, which responds without reaching anyone. */
  simulator?: number;
  /** Number of the first client, for clients who are added later. */
  firstNumber?: number;
}

export interface DemoPractice {
  options: Required<Omit<PracticeOptions, 'town'>> & { town: string | null };
  /** Yields the clients in order of their numbers, generated one by one; can be called again. */
  clients(): Generator<DemoClient, void, undefined>;
}

/** Generates a realistic practice: its clients, their pets and the errors in their records. */
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
      // No client has more than twelve pets, so the pets of clients added later never reuse a number.
      let pets = (full.firstNumber - 1) * 12;
      const end = number + full.clients;
      while (number < end) {
        const random = randomOf(full.seed, 'group', number);
        const drawn = random.weighted(weights);
        // If too few clients are left for the story's group, they become plain clients.
        const story = groupSize(drawn) > end - number ? 'plain' : drawn;
        const group = makeGroup(story, number, random, full, () => ++pets);
        yield* group;
        number += group.length;
      }
    },
  };
}
