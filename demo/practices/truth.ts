import type { DemoClient } from './client.js';
import type { DemoPet } from './pet.js';
import { expectedReason, forgetsDeleted } from './stories.js';
import type { Shape, Story } from './stories.js';

/** The content of a PIMS, for tests to compare with the result of a sync. */
export interface Truth {
  clients: number;
  /** Number of pets, each counted once, even with two owners. */
  pets: number;
  byStory: Partial<Record<Story, number>>;
  /** Number of clients by the reason that the default policy should give. */
  byReason: Record<string, number>;
  /** Number of expected accounts: the different addresses of the clients to invite. */
  accounts: number;
}

/** Lists the pets of a client that a shape can hold. */
export function petsIn(client: DemoClient, shape: Shape): DemoPet[] {
  return forgetsDeleted(shape) ? client.pets.filter((pet) => !pet.deleted) : client.pets;
}

/** Counts clients one by one without keeping them. */
export function createTruth(shape: Shape): { count(client: DemoClient): boolean; truth: Truth } {
  const truth: Truth = { clients: 0, pets: 0, byStory: {}, byReason: {}, accounts: 0 };
  let household: number | null = null;
  return {
    truth,
    /** Counts a client; returns false for one that this shape does not hold. */
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
