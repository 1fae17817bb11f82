import type { Person } from './person.js';

export interface VanishPlan {
  /** False: mark nobody vanished, stop the run and ask. */
  proceed: boolean;
  /** 0 to 1. */
  share: number;
  sentence: string;
}

export function vanishPlan(_counts: { stored: number; missing: number; limit: number }): VanishPlan {
  throw new Error('not yet written');
}

export interface VanishedClient {
  pimsId: string;
  person: Person;
  petIds: readonly string[];
}

/** Where a client probably went, with the evidence for staff; null when it just vanished. */
export interface MergeGuess {
  mergedInto: string;
  sentence: string;
}

/**
 * `owners`: for each pet of the vanished client, the living clients that have it now, with the person of each.
 */
export function mergeGuess(
  _vanished: VanishedClient,
  _owners: ReadonlyMap<string, readonly { pimsId: string; person: Person }[]>,
): MergeGuess | null {
  throw new Error('not yet written');
}
