import type { Database, DatabaseTransaction } from './database.js';

/**
 * Keeps that something was received, so that receiving it again does nothing.
 *
 * @returns false when it had been received before
 */
export async function receive(
  db: Database | DatabaseTransaction,
  scope: string,
  name: string,
  now: Date,
): Promise<boolean> {
  const inserted = await db
    .insertInto('receipts')
    .ignore()
    .values({ scope, name, received_at: now, answer: null })
    .executeTakeFirst();
  return Number(inserted.numInsertedOrUpdatedRows) === 1;
}
