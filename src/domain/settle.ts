import type { SettleBatch } from './facts.js';
import type { SettlePlan } from './settle-plan.js';

/** Decides every client of a batch and plans what follows for accounts, links and mails. Pure but for `newId`. */
export function settle(_batch: SettleBatch): SettlePlan {
  throw new Error('not yet written');
}
