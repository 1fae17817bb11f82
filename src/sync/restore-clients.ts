import { personOf } from '../domain/client/person.js';
import { personOptions } from '../domain/client/person-options.js';
import { emptyComparison } from '../domain/client/compare-page.js';
import type { DatabaseTransaction } from '../store/db/database.js';
import { forgetFormer, restoreMarks, someFormer } from '../store/clients/former-clients.js';
import { rowStatements, storedClients, writePage } from '../store/clients/client-copy.js';
import { firstDecision, type SyncedPractice } from './practice.js';

const clientsAtATime = 1000;

/**
 * Restores every client that was overwritten since a run last passed the safety stop. These clients, and those that
 * share an address or a name with either version, need evaluation again.
 *
 * @returns the number of restored clients
 */
export async function putBackFormer(trx: DatabaseTransaction, practice: SyncedPractice, now: Date): Promise<number> {
  const options = personOptions(practice.country, practice.policy);
  for (let count = 0; ;) {
    const former = await someFormer(trx, practice.id, clientsAtATime);
    if (former.length === 0) return count;
    const ids = former.map(({ client }) => client.pimsId);
    const stored = await storedClients(trx, practice.id, former);
    const changed = former
      .filter(({ client }) => stored.has(client.pimsId))
      .map((row) => ({ ...row, person: personOf(row.client, options) }));
    const page = { ...emptyComparison(), changed };
    const rows = rowStatements(practice.id, page, firstDecision(practice, now), now);
    await writePage(trx, practice.id, page, rows, stored, now);
    await restoreMarks(trx, practice.id, ids);
    await forgetFormer(trx, practice.id, ids);
    count += changed.length;
  }
}
