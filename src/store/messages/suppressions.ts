import { sql } from 'kysely';
import { Problem } from '../../lib/problem.js';
import { recordOnAccount } from '../accounts/account-access.js';
import { record, type Actor } from '../access/audit.js';
import { inTransaction, insertMany, type Database, type DatabaseTransaction } from '../db/database.js';
import type { SuppressionTable } from '../db/tables.js';
import { markClientsWithAddress } from '../clients/needs-evaluation.js';

type SuppressionReason = SuppressionTable['reason'];

export interface SuppressedAddress {
  emailKey: string;
  reason: SuppressionReason;
  /** The receiving server's explanation, for staff. */
  detail: string | null;
}

/**
 * Suppresses addresses. A complaint outlasts a bounce: a bounce ends when the address works again, a complaint only
 * when its owner asks for email.
 */
export async function suppress(
  trx: Database | DatabaseTransaction,
  addresses: readonly SuppressedAddress[],
  now: Date,
): Promise<void> {
  await insertMany(
    trx,
    'suppressions',
    addresses.map(({ emailKey, reason, detail }) => ({
      email_key: emailKey,
      reason,
      detail: detail?.slice(0, 500) ?? null,
      since: now,
    })),
    `ON DUPLICATE KEY UPDATE
       detail = IF(reason = 'bounced', VALUES(detail), detail),
       reason = IF(reason = 'bounced', VALUES(reason), reason)`,
  );
}

/** Returns the bounced address of a person: the account's, or else the one of the client record. */
export async function bouncedAddress(
  db: Database | DatabaseTransaction,
  person: { practiceId: string; pimsId: string; accountId: string | null },
): Promise<SuppressedAddress | null> {
  const { practiceId, pimsId, accountId } = person;
  const ofAccount = db
    .selectFrom('accounts')
    .select('email_key')
    .where('id', '=', accountId ?? '');
  const ofClient = db
    .selectFrom('pims_clients')
    .select('email_key')
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId);
  const rows = await db
    .selectFrom('suppressions')
    .selectAll()
    .where('reason', '=', 'bounced')
    .where((eb) => eb.or([eb('email_key', '=', ofAccount), eb('email_key', '=', ofClient)]))
    .orderBy((eb) => eb.case().when('email_key', '=', ofAccount).then(0).else(1).end())
    .execute();
  const [row] = rows;
  return row ? { emailKey: row.email_key, reason: row.reason, detail: row.detail } : null;
}

/**
 * Releases a bounced address after its owner says that it works again; only the owner can end another reason. Every
 * client with the address, at any practice, is evaluated again: the caller enqueues `evaluate-practice`. Queues no
 * email.
 *
 * @throws Problem `not-bounced`
 */
export async function releaseBounced(
  db: Database,
  person: { practiceId: string; pimsId: string; accountId: string | null },
  actor: Actor,
  now: Date,
): Promise<void> {
  const { practiceId, pimsId } = person;
  await inTransaction(db, async (trx) => {
    const address = await bouncedAddress(trx, person);
    if (!address) {
      throw new Problem({
        code: 'not-bounced',
        message: 'No email to an address of this pet parent bounced.',
      });
    }
    const { emailKey } = address;
    await trx.deleteFrom('suppressions').where('email_key', '=', emailKey).where('reason', '=', 'bounced').execute();
    await markClientsWithAddress(trx, emailKey);
    // The evaluation closes the other tasks of a bounce.
    const by = (actor.name ?? actor.kind).slice(0, 200);
    await sql`UPDATE tasks i
      JOIN account_links l ON l.practice_id = i.practice_id AND l.client_pims_id = i.client_pims_id
      JOIN accounts a ON a.id = l.account_id AND a.email_key = ${emailKey}
      SET i.closed_at = ${now}, i.closed_by = ${by}, i.open_key = NULL
      WHERE i.kind = 'login-bounced' AND i.closed_at IS NULL`.execute(trx);
    const act = { actor, action: 'address-released', practiceId } as const;
    const link = await trx
      .selectFrom('account_links')
      .select('account_id')
      .where('practice_id', '=', practiceId)
      .where('client_pims_id', '=', pimsId)
      .executeTakeFirst();
    if (link) await recordOnAccount(trx, { ...act, accountId: link.account_id }, now);
    else await record(trx, act, now);
  });
}
