import type { Database, DatabaseTransaction } from './database.js';

/**
 * Stores a receipt, so that a repeated delivery of the same thing has no effect.
 *
 * @returns false if it had been received before
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

/** Returns the stored answer; undefined if nothing was received, null if the answer is not known yet. */
export async function answerOf(db: Database, scope: string, name: string): Promise<string | null | undefined> {
  const row = await db
    .selectFrom('receipts')
    .select('answer')
    .where('scope', '=', scope)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.answer;
}

export async function saveAnswer(db: Database, scope: string, name: string, answer: string): Promise<void> {
  await db.updateTable('receipts').set({ answer }).where('scope', '=', scope).where('name', '=', name).execute();
}

/** Deletes a receipt, so that the request can be tried again. */
export async function forgetReceipt(db: Database, scope: string, name: string): Promise<void> {
  await db.deleteFrom('receipts').where('scope', '=', scope).where('name', '=', name).execute();
}

/** Deletes receipts older than a time; called by the sweep. Returns the number deleted. */
export async function pruneReceipts(db: Database, before: Date): Promise<number> {
  const result = await db.deleteFrom('receipts').where('received_at', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
