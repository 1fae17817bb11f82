import { insertMany, type Database, type DatabaseTransaction } from './database.js';
import type { SuppressionTable } from './tables.js';

export type SuppressionReason = SuppressionTable['reason'];

export interface SuppressedAddress {
  emailKey: string;
  reason: SuppressionReason;
  /** What the receiving server said, for staff. */
  detail: string | null;
}

/**
 * Addresses that must not be written to again. A complaint outlives a bounce: a bounce ends when the address works
 * again, a complaint only when its owner says so.
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

export async function suppressionOf(db: Database, emailKey: string): Promise<SuppressedAddress | null> {
  const row = await db
    .selectFrom('suppressions')
    .selectAll()
    .where('email_key', '=', emailKey)
    .executeTakeFirst();
  return row ? { emailKey: row.email_key, reason: row.reason, detail: row.detail } : null;
}

/** A person says that the address may be written to again. @returns whether it was suppressed */
export async function release(trx: Database | DatabaseTransaction, emailKey: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('suppressions')
    .where('email_key', '=', emailKey)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}
