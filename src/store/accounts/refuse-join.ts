import { Problem } from '../../lib/problem.js';
import type { AllowedPractices } from '../access/allowed-practices.js';
import { record, type Act } from '../access/audit.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import { lockPractices } from '../sync-runs/practices.js';
import { markClient } from '../clients/needs-evaluation.js';

/** Returns the account in use that a record waits to join until staff confirm; null if it does not wait. */
export async function awaitedAccount(
  db: Database | DatabaseTransaction,
  practiceId: string,
  pimsId: string,
): Promise<{ accountId: string; email: string; emailKey: string } | null> {
  const row = await db
    .selectFrom('pims_clients as c')
    .innerJoin('accounts as a', 'a.email_key', 'c.email_key')
    .select(['a.id', 'a.email', 'a.email_key'])
    .where('c.practice_id', '=', practiceId)
    .where('c.pims_id', '=', pimsId)
    .where('c.reason', '=', 'confirm-join')
    .where('a.closed_at', 'is', null)
    .executeTakeFirst();
  return row ? { accountId: row.id, email: row.email, emailKey: row.email_key } : null;
}

/**
 * Records that staff say that a record does not belong to the person whose account it waits to join. No rule links it
 * there. If staff put it back later, the link counts as made by staff. The caller enqueues `evaluate-practice`.
 *
 * @throws Problem `changed-meanwhile` if the record no longer waits for that account
 */
export async function refuseJoin(
  db: Database,
  allowed: AllowedPractices,
  about: { practiceId: string; pimsId: string; accountId: string },
  { actor, now }: Act,
): Promise<void> {
  const practiceId = allowed.require(about.practiceId);
  const { pimsId, accountId } = about;
  await inTransaction(db, async (trx) => {
    await lockPractices(trx, [practiceId]);
    const awaited = await awaitedAccount(trx, practiceId, pimsId);
    if (awaited?.accountId !== accountId)
      throw new Problem({
        code: 'changed-meanwhile',
        message: 'This record is no longer waiting to join this account.',
      });
    const link = {
      reason: 'same-email',
      sentence: 'Staff confirmed that this record belongs to this pet parent.',
      made_by: 'staff',
      linked_at: now.toISOString(),
    };
    await insertMany(trx, 'link_refusals', [
      {
        practice_id: practiceId,
        client_pims_id: pimsId,
        account_id: accountId,
        email_key: awaited.emailKey,
        kept: JSON.stringify({ link, pets: [] }),
        said_by: actor.name?.slice(0, 200) ?? actor.kind,
        said_at: now,
      },
    ]);
    await markClient(trx, practiceId, pimsId);
    const details = { client: pimsId };
    await record(trx, { actor, action: 'link-taken-off', practiceId, accountId, details }, now);
  });
}
