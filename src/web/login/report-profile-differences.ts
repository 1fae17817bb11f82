import type { Client } from '../../domain/client/client.js';
import { personOf } from '../../domain/client/person.js';
import { inTransaction } from '../../store/db/database.js';
import {
  openProfileDifferenceTasks,
  loadProfileDifferences,
} from '../../store/pet-parents/profile-difference-tasks.js';
import type { WebDeps } from '../deps.js';

/**
 * Opens a task at each practice for profile differences: what the pet parent confirmed and the PIMS has otherwise. A
 * failure is logged and does not keep the pet parent out of the account.
 */
export async function reportProfileDifferences(deps: WebDeps, accountId: string): Promise<void> {
  const read = (practiceId: string, record: string) => {
    const defaultCountry = deps.practice(practiceId)?.country;
    if (!defaultCountry) return null;
    return personOf(JSON.parse(record) as Omit<Client, 'pets'>, { defaultCountry });
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
