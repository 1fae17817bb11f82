import type { Client } from '../../domain/client/client.js';
import type { ReadClient } from '../../domain/client/compare-page.js';
import { inList, insertStatements, executeSequentially } from '../db/bulk.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** An identity conflict: the PIMS now has data under a known client number that seems to be another person's. */
export interface IdentityConflict {
  /** The client that the PIMS has there now. */
  now: Client;
  /** The fingerprint of that record, in hexadecimal; a resolution by staff applies to this record only. */
  fingerprint: string;
  seenAt: Date;
}

/** Flags these clients and stores the record that the PIMS has in their place, for staff to compare. */
export async function saveConflicts(
  trx: DatabaseTransaction,
  practiceId: string,
  conflicts: readonly ReadClient[],
  now: Date,
): Promise<void> {
  if (conflicts.length === 0) return;
  await trx
    .updateTable('pims_clients')
    .set({ identity_conflict: 1, needs_evaluation: 1 })
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', inList(conflicts.map(({ client }) => client.pimsId)))
    .where('identity_conflict', '=', 0)
    .execute();
  const rows = conflicts.map(({ client, person, fingerprint }) => ({
    practice_id: practiceId,
    pims_id: client.pimsId,
    fingerprint: Buffer.from(fingerprint, 'hex'),
    email_key: person.emails.loginKey,
    record: JSON.stringify(client),
    seen_at: now,
  }));
  await executeSequentially(
    trx,
    insertStatements(
      'identity_conflicts',
      rows,
      'ON DUPLICATE KEY UPDATE fingerprint = VALUES(fingerprint), email_key = VALUES(email_key), record = VALUES(record)',
    ),
  );
}

/** Clears the conflicts of these client numbers: each belongs to one person again, or to none. */
export async function clearConflicts(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsIds: readonly string[],
): Promise<void> {
  if (pimsIds.length === 0) return;
  await trx
    .updateTable('pims_clients')
    .set({ identity_conflict: 0, needs_evaluation: 1 })
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', inList(pimsIds))
    .where('identity_conflict', '=', 1)
    .execute();
  await trx
    .deleteFrom('identity_conflicts')
    .where('practice_id', '=', practiceId)
    .where('pims_id', 'in', inList(pimsIds))
    .execute();
}

/** Returns the identity conflict of a client number; null if there is none. */
export async function conflictOf(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsId: string,
): Promise<IdentityConflict | null> {
  const row = await db
    .selectFrom('identity_conflicts')
    .selectAll()
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId)
    .executeTakeFirst();
  if (!row) return null;
  const now = JSON.parse(row.record) as Client;
  return { now, fingerprint: row.fingerprint.toString('hex'), seenAt: row.seen_at };
}
