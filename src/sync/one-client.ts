import type { Connector } from '../connectors/contract.js';
import { fingerprint } from '../domain/client/fingerprint.js';
import { Problem } from '../lib/problem.js';
import { comparePage } from '../domain/client/compare-page.js';
import { inTransaction } from '../store/db/database.js';
import { forgetFormer } from '../store/clients/former-clients.js';
import { storedClients } from '../store/clients/client-copy.js';
import { storageProblem } from '../store/clients/storage-limits.js';
import { writePage } from '../store/clients/write-page.js';
import { noteClientRead, setRunState } from '../store/sync-runs/run-progress.js';
import type { SyncRun } from '../store/sync-runs/sync-runs.js';
import type { SyncDeps, SyncedPractice } from './deps.js';

/**
 * Reads one client again, by the key or the client number that staff gave. It reads no other client and marks none as
 * missing.
 *
 * @throws Problem `one-client-unsupported`, `client-not-found` (says which keys were searched), `client-unreadable`,
 *   `client-erased`
 */
export async function readOneClient(
  deps: SyncDeps,
  practice: SyncedPractice,
  run: SyncRun,
  connector: Connector,
  signal: AbortSignal,
): Promise<SyncRun> {
  const { db, clock } = deps;
  const reference = run.clientReference ?? '';
  if (!connector.capabilities.oneClient || !connector.client) {
    throw new Problem({
      code: 'one-client-unsupported',
      message: `The connector of ${practice.name} cannot read a single client.`,
    });
  }
  const client = await connector.client(reference, signal);
  if (!client) {
    throw new Problem({
      code: 'client-not-found',
      message: `The PIMS of ${practice.name} has no client "${reference}"; searched by its key and by the client number that staff see.`,
    });
  }
  const unstorable = storageProblem(client);
  if (unstorable !== null) {
    throw new Problem({
      code: 'client-unreadable',
      message: `Client "${reference}" of ${practice.name} cannot be stored. ${unstorable}`,
    });
  }
  const seen = [{ client, fingerprint: fingerprint(client) }];
  const stored = await storedClients(db, practice.id, seen);
  const compared = comparePage(seen, stored, practice.personOf);
  await inTransaction(db, async (trx) => {
    const page = await deps.erased.leaveOut(trx, practice.id, compared);
    if (page !== compared) throw wasErased(practice);
    await writePage(trx, practice.id, page, stored, clock());
    // Staff asked for this record, so the safety stop of a concurrent run must not restore its former version.
    const overwritten = [...page.changed, ...page.returned].map(({ client }) => client.pimsId);
    if (overwritten.length > 0) await forgetFormer(trx, practice.id, overwritten);
    await noteClientRead(trx, run.id, client.pimsId);
  });
  const counts = {
    ...run.counts,
    read: 1,
    new: compared.new.length,
    changed: compared.changed.length,
    unchanged: compared.unchanged.length,
    returned: compared.returned.length,
    conflicts: compared.conflicts.length,
  };
  await setRunState(db, run.id, 'evaluating', counts, clock());
  return { ...run, state: 'evaluating', cursor: client.pimsId, counts };
}

function wasErased(practice: SyncedPractice): Problem {
  return new Problem({
    code: 'client-erased',
    message: `This client of ${practice.name} was erased at their own request and is not copied again.`,
  });
}
