import { kindsMended, kindsTakenBack, nextHold, readHold, type DriftHold } from '../../domain/decision/drift-hold.js';
import type { Drift } from '../../domain/client/drift.js';
import { Problem } from '../../lib/problem.js';
import type { Profile } from '../../domain/client/field-statistics.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';
import { acceptUndone } from './undone-facts.js';

/** Returns the fields of a practice's PIMS whose drift holds the clients that they affect. */
export async function driftHoldOf(db: Database | DatabaseTransaction, practiceId: string): Promise<DriftHold> {
  const row = await db.selectFrom('practices').select('drift_hold').where('id', '=', practiceId).executeTakeFirst();
  return readHold(row?.drift_hold ?? null);
}

/** Counts the clients held because of drift. */
export async function heldByDrift(db: Database, practiceId: string): Promise<number> {
  const { count } = await db
    .selectFrom('pims_clients')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('practice_id', '=', practiceId)
    .where('verdict', '=', 'hold')
    .where('reason', '=', 'field-drift')
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Stores the drift between a full scan and the previous one, and the holds that follow from it. */
export async function saveDrift(
  db: Database,
  run: { id: string; practiceId: string },
  drift: readonly Drift[],
  profile: Profile,
): Promise<void> {
  await inTransaction(db, async (trx) => {
    await trx
      .updateTable('sync_runs')
      .set({ drift: JSON.stringify(drift) })
      .where('id', '=', run.id)
      .execute();
    const before = await lockedHold(trx, run.practiceId);
    const hold = nextHold(before, drift, profile);
    if (hold.length === 0 && before.length === 0) return;
    await writeHold(trx, run.practiceId, hold);
    const ended = before.filter((one) => !hold.includes(one));
    if (ended.length === 0) return;
    await markHeld(trx, run.practiceId);
    // If a mistake was held all the time, its correction needs no confirmation.
    const kinds = kindsMended(ended, profile);
    if (kinds.length > 0)
      await acceptUndone(trx, run.practiceId, { kinds, pimsIds: await heldClients(trx, run.practiceId) });
  });
}

/**
 * Releases the fields after staff confirmed that they are right: held clients are evaluated again with the PIMS's
 * current data. Also confirms every death, opt-out and flag that these fields reverted. The caller enqueues
 * `evaluate-practice`.
 *
 * @returns how many clients were held
 * @throws Problem `nothing-held`
 */
export async function releaseDrift(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string },
  actor: Actor,
  now: Date,
): Promise<number> {
  const practiceId = allowed.require(about.practiceId);
  return inTransaction(db, async (trx) => {
    const hold = await lockedHold(trx, practiceId);
    if (hold.length === 0)
      throw new Problem({ code: 'nothing-held', message: 'No client is held because of a field any more.' });
    await writeHold(trx, practiceId, []);
    const waited = await markHeld(trx, practiceId);
    await acceptUndone(trx, practiceId, { kinds: kindsTakenBack(hold) });
    const details = { fields: hold.map(({ field }) => field).join(', '), clients: waited };
    await record(trx, { actor, action: 'drift-released', practiceId, details }, now);
    return waited;
  });
}

async function lockedHold(trx: DatabaseTransaction, practiceId: string): Promise<DriftHold> {
  const row = await trx
    .selectFrom('practices')
    .select('drift_hold')
    .where('id', '=', practiceId)
    .forUpdate()
    .executeTakeFirst();
  return readHold(row?.drift_hold ?? null);
}

async function writeHold(trx: DatabaseTransaction, practiceId: string, hold: DriftHold): Promise<void> {
  await trx
    .updateTable('practices')
    .set({ drift_hold: hold.length === 0 ? null : JSON.stringify(hold) })
    .where('id', '=', practiceId)
    .execute();
}

async function heldClients(trx: DatabaseTransaction, practiceId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('verdict', '=', 'hold')
    .where('reason', '=', 'field-drift')
    .execute();
  return rows.map((row) => row.pims_id);
}

async function markHeld(trx: DatabaseTransaction, practiceId: string): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('pims_clients')
    .set({ needs_evaluation: 1 })
    .where('practice_id', '=', practiceId)
    .where('verdict', '=', 'hold')
    .where('reason', '=', 'field-drift')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
