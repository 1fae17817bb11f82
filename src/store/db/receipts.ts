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

/** What was answered then; undefined when it was not received, null when the answer is not known yet. */
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

/** As if it had never been received: it may be tried again. */
export async function forgetReceipt(db: Database, scope: string, name: string): Promise<void> {
  await db.deleteFrom('receipts').where('scope', '=', scope).where('name', '=', name).execute();
}

/** Deletes receipts from before a time; for the sweep. Returns how many. */
export async function pruneReceipts(db: Database, before: Date): Promise<number> {
  const result = await db.deleteFrom('receipts').where('received_at', '<', before).executeTakeFirst();
  return Number(result.numDeletedRows);
}
