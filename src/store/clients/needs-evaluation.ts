import type { Client } from '../../domain/client/client.js';
import { inBreaths, inList } from '../db/bulk.js';
import { inTransaction, type Database, type DatabaseTransaction } from '../db/database.js';

/**
 * Marks undecided everyone of the practice who has one of these addresses or twin keys. During a first import nobody is
 * decided yet, and nobody is looked for.
 */
export async function undecideMates(
  trx: DatabaseTransaction,
  practiceId: string,
  emailKeys: readonly (string | null | undefined)[],
  twinKeys: readonly (string | null | undefined)[],
): Promise<void> {
  const decided = await trx
    .selectFrom('pims_clients')
    .select('pims_id')
    .where('practice_id', '=', practiceId)
    .where('undecided', '=', 0)
    .limit(1)
    .executeTakeFirst();
  if (!decided) return;
  for (const [column, keys] of [
    ['email_key', emailKeys],
    ['twin_key', twinKeys],
  ] as const) {
    const some = [...new Set(keys)].filter((key) => key != null);
    if (some.length === 0) continue;
    await trx
      .updateTable('pims_clients')
      .set({ undecided: 1 })
      .where('practice_id', '=', practiceId)
      .where(column, 'in', some)
      .execute();
  }
}

/** A practice's policy as it is now. */
export interface PolicyNow {
  key: string;
  /** The login key in a stored record's email fields, by this policy. */
  loginKey(emails: readonly string[]): string | null;
}

/** Marks undecided those whose date has come, and everyone when the practice's policy has changed since it was used. */
export async function undecideDue(
  db: Database,
  practiceId: string,
  today: string,
  policy: PolicyNow,
): Promise<void> {
  await db
    .updateTable('pims_clients')
    .set({ undecided: 1 })
    .where('practice_id', '=', practiceId)
    .where('decide_on', '<=', today)
    .execute();
  const practice = await db
    .selectFrom('practices')
    .select('policy_key')
    .where('id', '=', practiceId)
    .executeTakeFirst();
  if (practice?.policy_key === policy.key) return;
  // Rows of a first import are as this policy has them.
  if (practice?.policy_key) await rewriteKeys(db, practiceId, policy);
  await db.transaction().execute(async (trx) => {
    await undecideEveryone(trx, practiceId);
    await trx.updateTable('practices').set({ policy_key: policy.key }).where('id', '=', practiceId).execute();
  });
}

const rowsATime = 1000;

/**
 * What a policy calls a placeholder is nobody's address. Who shares an address, is found by it or has had mail come back
 * is asked of the column, so that it must say what the policy says, for everyone and before anyone is decided.
 */
async function rewriteKeys(db: Database, practiceId: string, policy: PolicyNow): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const from: string = after;
    after = await inTransaction(db, async (trx) => {
      const rows = await trx
        .selectFrom('pims_clients')
        .select(['pims_id', 'email_key', 'record'])
        .where('practice_id', '=', practiceId)
        .where('pims_id', '>', from)
        .orderBy('pims_id')
        .limit(rowsATime)
        .forUpdate()
        .execute();
      const byKey = new Map<string | null, string[]>();
      for await (const some of inBreaths(rows)) {
        for (const { pims_id, email_key, record } of some) {
          const key = policy.loginKey((JSON.parse(record) as Pick<Client, 'emails'>).emails);
          if (key !== email_key) byKey.set(key, [...(byKey.get(key) ?? []), pims_id]);
        }
      }
      for (const [key, ids] of byKey) {
        await trx
          .updateTable('pims_clients')
          .set({ email_key: key })
          .where('practice_id', '=', practiceId)
          .where('pims_id', 'in', inList(ids))
          .execute();
      }
      return rows.at(-1)?.pims_id;
    });
  }
}

/** The client with this key, and those who share its address: whom a resync of it may concern. */
export async function clientAndMates(db: Database, practiceId: string, pimsId: string): Promise<string[]> {
  const found = await db
    .selectFrom('pims_clients')
    .select(['pims_id', 'email_key'])
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId)
    .execute();
  const keys = found.map((row) => row.email_key).filter((key) => key !== null);
  const mates =
    keys.length === 0
      ? []
      : await db
          .selectFrom('pims_clients')
          .select('pims_id')
          .where('practice_id', '=', practiceId)
          .where('email_key', 'in', keys)
          .execute();
  return [...new Set([...found, ...mates].map((row) => row.pims_id))];
}

/** The statement that marks one client undecided. */
export function undecidingClient(trx: DatabaseTransaction, practiceId: string, pimsId: string) {
  return trx
    .updateTable('pims_clients')
    .set({ undecided: 1 })
    .where('practice_id', '=', practiceId)
    .where('pims_id', '=', pimsId);
}

/** Marks one client undecided. */
export async function undecideClient(
  trx: DatabaseTransaction,
  practiceId: string,
  pimsId: string,
): Promise<void> {
  await undecidingClient(trx, practiceId, pimsId).execute();
}

/** Marks undecided whoever has this address, at any practice. */
export async function undecideAddress(trx: DatabaseTransaction, emailKey: string): Promise<void> {
  await trx.updateTable('pims_clients').set({ undecided: 1 }).where('email_key', '=', emailKey).execute();
}

/** Marks every client of a practice undecided. */
export async function undecideEveryone(db: Database, practiceId: string): Promise<void> {
  await db.updateTable('pims_clients').set({ undecided: 1 }).where('practice_id', '=', practiceId).execute();
}
