import type { Client } from '../../domain/client/client.js';
import { policyKey } from '../../domain/decision/policy.js';
import type { PracticeContext } from '../../domain/decision/practice-context.js';
import { yieldingChunks, inList } from '../db/bulk.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';

/**
 * Marks clients of the practice that have one of these addresses or duplicate suspect keys as waiting for evaluation.
 * Does nothing during a first import, when no client has a decision yet.
 */
export async function markRelatedClients(
  trx: DatabaseTransaction,
  practiceId: string,
  emailKeys: readonly (string | null | undefined)[],
  duplicateKeys: readonly (string | null | undefined)[],
): Promise<void> {
  const decided = await trx
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('needs_evaluation', '=', 0)
    .limit(1)
    .executeTakeFirst();
  if (!decided) return;
  for (const [column, keys] of [
    ['email_key', emailKeys],
    ['duplicate_key', duplicateKeys],
  ] as const) {
    const some = [...new Set(keys)].filter((key) => key != null);
    if (some.length === 0) continue;
    await trx
      .updateTable('pims_clients')
      .set({ needs_evaluation: 1 })
      .where('practice_id', '=', practiceId)
      .where(column, 'in', some)
      .execute();
  }
}

/**
 * Marks clients whose date has come as waiting for evaluation, and all clients if the practice's policy has changed
 * since it was last applied.
 */
export async function markDue(db: Database, practice: PracticeContext, now: Date): Promise<void> {
  await db
    .updateTable('pims_clients')
    .set({ needs_evaluation: 1 })
    .where('practice_id', '=', practice.id)
    .where('decide_on', '<=', practice.dateAt(now))
    .execute();
  await applyPolicy(db, practice);
}

/** Rewrites what the store derived from a policy that has changed since, and marks all clients for evaluation. */
export async function applyPolicy(db: Database, practice: PracticeContext): Promise<void> {
  const key = policyKey(practice.policy);
  const stored = await db.selectFrom('practices').select('policy_key').where('id', '=', practice.id).executeTakeFirst();
  if (stored?.policy_key === key) return;
  // Rows of a first import already follow this policy.
  if (stored?.policy_key) await rewriteKeys(db, practice);
  await inTransaction(db, async (trx) => {
    await markEveryone(trx, practice.id);
    await trx.updateTable('practices').set({ policy_key: key }).where('id', '=', practice.id).execute();
  });
}

const rowsATime = 1000;

/**
 * Rewrites the login keys under a changed policy, because an address that the policy calls a placeholder identifies
 * nobody. Queries for shared addresses, searches and bounces read this column, so it must follow the policy for every
 * client before any client is evaluated.
 */
async function rewriteKeys(db: Database, practice: PracticeContext): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const from: string = after;
    after = await inTransaction(db, async (trx) => {
      const rows = await trx
        .selectFrom('pims_clients')
        .select(['pims_id', 'email_key', 'record'])
        .where('practice_id', '=', practice.id)
        .where('pims_id', '>', from)
        .orderBy('pims_id')
        .limit(rowsATime)
        .forUpdate()
        .execute();
      const byKey = new Map<string | null, string[]>();
      for await (const some of yieldingChunks(rows)) {
        for (const { pims_id, email_key, record } of some) {
          const key = practice.loginKeyOf(JSON.parse(record) as Pick<Client, 'emails'>);
          if (key !== email_key) byKey.set(key, [...(byKey.get(key) ?? []), pims_id]);
        }
      }
      for (const [key, ids] of byKey) {
        await trx
          .updateTable('pims_clients')
          .set({ email_key: key })
          .where('practice_id', '=', practice.id)
          .where('pims_id', 'in', inList(ids))
          .execute();
      }
      return rows.at(-1)?.pims_id;
    });
  }
}

/** Returns the ids of a client and of those that share its address: the clients that a resync of it may affect. */
export async function clientAndRelated(db: Database, practiceId: string, pimsId: string): Promise<string[]> {
  const found = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId)
    .execute();
  const keys = found.map((row) => row.email_key).filter((key) => key !== null);
  const related =
    keys.length === 0
      ? []
      : await db
          .selectFrom('pims_clients')
          .select('pims_id')
          .where('practice_id', '=', practiceId)
          .where('email_key', 'in', keys)
          .execute();
  return [...new Set([...found, ...related].map((row) => row.pims_id))];
}

/** Builds the statement that marks one client as waiting for evaluation. */
export function markingClient(trx: DatabaseTransaction, practiceId: string, pimsId: string) {
  return trx
    .updateTable('pims_clients')
    .set({ needs_evaluation: 1 })
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId);
}

/** Marks one client as waiting for evaluation. */
export async function markClient(trx: DatabaseTransaction, practiceId: string, pimsId: string): Promise<void> {
  await markingClient(trx, practiceId, pimsId).execute();
}

/** Marks every client with this address as waiting for evaluation, at any practice. */
export async function markClientsWithAddress(trx: DatabaseTransaction, emailKey: string): Promise<void> {
  await trx.updateTable('pims_clients').set({ needs_evaluation: 1 }).where('email_key', '=', emailKey).execute();
}

/** Marks every client of a practice as waiting for evaluation. */
export async function markEveryone(db: Database, practiceId: string): Promise<void> {
  await db.updateTable('pims_clients').set({ needs_evaluation: 1 }).where('practice_id', '=', practiceId).execute();
}

/** Returns the practices with clients that wait for evaluation. */
export async function practicesToEvaluate(db: Database): Promise<string[]> {
  const rows = await db
    .selectFrom('pims_clients')
    .select('practice_id')
    .distinct()
    .where('practice_id', 'in', (eb) => eb.selectFrom('practices').select('id'))
    .where('needs_evaluation', '=', 1)
    .execute();
  return rows.map(({ practice_id }) => practice_id);
}

/** Tells whether any client of a practice waits for evaluation. */
export async function needsEvaluation(db: Database, practiceId: string): Promise<boolean> {
  const one = await db
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('needs_evaluation', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return one !== undefined;
}
