import type { Client } from '../../domain/client/client.js';
import { personOf } from '../../domain/client/person.js';
import { inTransaction } from '../../store/db/database.js';
import {
  openProfileDifferenceTasks,
  loadProfileDifferences,
} from '../../store/pet-parents/profile-difference-tasks.js';
import type { WebDeps } from '../deps.js';

/**
 * Puts on the practices' work lists what the pet parent said differently from the PIMS. A failure here is logged and
 * keeps nobody from their account.
 */
export async function reportProfileDifferences(deps: WebDeps, accountId: string): Promise<void> {
  const read = (practiceId: string, record: string) => {
    const defaultCountry = deps.practice(practiceId)?.country;
    if (!defaultCountry) return null;
    return personOf({ ...(JSON.parse(record) as Omit<Client, 'pets'>), pets: [] }, { defaultCountry });
  };
  try {
    await inTransaction(deps.db, async (trx) => {
      const words = await loadProfileDifferences(trx, [accountId], read);
      await openProfileDifferenceTasks(trx, words, deps.newId, deps.clock());
    });
  } catch (error) {
    deps.log.error({ err: error, accountId }, 'what the owner says could not be put on the work list');
  }
}
