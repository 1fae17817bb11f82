import type { DemoClient } from './client.js';
import type { DemoPet } from './pet.js';
import { expectedReason, forgetsDeleted } from './stories.js';
import type { Shape, Story } from './stories.js';

/** What was put into a PIMS, so that a test can compare what a sync made of it. */
export interface Truth {
  clients: number;
  /** Each pet once, whoever owns it. */
  pets: number;
  byStory: Partial<Record<Story, number>>;
  /** By the reason that the default policy should give. */
  byReason: Record<string, number>;
  /** Different addresses among those who should be invited: as many accounts. */
  accounts: number;
}

/** The pets of a client that a shape holds. */
export function petsIn(client: DemoClient, shape: Shape): DemoPet[] {
  return forgetsDeleted(shape) ? client.pets.filter((pet) => !pet.deleted) : client.pets;
}

/** Counts as clients pass by; keeps no client. */
export function createTruth(shape: Shape): { count(client: DemoClient): boolean; truth: Truth } {
  const truth: Truth = { clients: 0, pets: 0, byStory: {}, byReason: {}, accounts: 0 };
  let household: number | null = null;
  return {
    truth,
    /** False for a client that this shape does not hold. */
    count(client) {
      const { story } = client;
      if (client.deleted && forgetsDeleted(shape)) return false;
      const reason = expectedReason(story, shape);
      truth.clients++;
      truth.pets += petsIn(client, shape).length;
      truth.byStory[story] = (truth.byStory[story] ?? 0) + 1;
      truth.byReason[reason] = (truth.byReason[reason] ?? 0) + 1;
      // A household's second client has the address of its first.
      const isSecond = story === 'household' && household === client.number - 1;
      household = story === 'household' && !isSecond ? client.number : null;
      if (reason === 'eligible' && !isSecond) truth.accounts++;
      return true;
    },
  };
}
