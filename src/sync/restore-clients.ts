import { emptyComparison } from '../domain/client/compare-page.js';
import type { PracticeContext } from '../domain/decision/practice-context.js';
import type { DatabaseTransaction } from '../store/db/database.js';
import { forgetFormer, restoreMarks, someFormer } from '../store/clients/former-clients.js';
import { storedClients } from '../store/clients/client-copy.js';
import { writePage } from '../store/clients/write-page.js';

const clientsPerChunk = 1000;

/**
 * Restores every client that was overwritten since a run last passed the safety stop. These clients, and those that
 * share an address or a name with either version, need evaluation again.
 *
 * @returns the number of restored clients
 */
export async function restoreFormerClients(
  trx: DatabaseTransaction,
  practice: PracticeContext,
  now: Date,
): Promise<number> {
  for (let count = 0; ;) {
    const former = await someFormer(trx, practice.id, clientsPerChunk);
    if (former.length === 0) return count;
    const ids = former.map(({ client }) => client.pimsId);
    const stored = await storedClients(trx, practice.id, former);
    const changed = former
      .filter(({ client }) => stored.has(client.pimsId))
      .map((row) => ({ ...row, person: practice.personOf(row.client) }));
    await writePage(trx, practice.id, { ...emptyComparison(), changed }, stored, now);
    await restoreMarks(trx, practice.id, ids);
    await forgetFormer(trx, practice.id, ids);
    count += changed.length;
  }
}
