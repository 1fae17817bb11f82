import { personOf } from '../../domain/client/person.js';
import { inTransaction } from '../../store/db/database.js';
import {
  openProfileDifferenceTasks,
  loadProfileDifferences,
  type ReadPerson,
} from '../../store/pet-parents/profile-difference-tasks.js';
import type { WebDeps } from '../deps.js';

/**
 * Opens a task at each practice for profile differences: what the pet parent confirmed and the PIMS has otherwise. A
 * failure is logged and does not keep the pet parent out of the account.
 */
export async function reportProfileDifferences(deps: WebDeps, accountId: string): Promise<void> {
  const read: ReadPerson = (practiceId, client) => {
    const defaultCountry = deps.practice(practiceId)?.country;
    return defaultCountry ? personOf(client, { defaultCountry }) : null;
  };
  try {
    await inTransaction(deps.db, async (trx) => {
      const words = await loadProfileDifferences(trx, [accountId], read);
      await openProfileDifferenceTasks(trx, words, { newId: deps.newId, now: deps.clock() });
    });
  } catch (error) {
    deps.log.error({ err: error, accountId }, 'profile differences could not be saved as tasks');
  }
}
