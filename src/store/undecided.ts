import type { Database, DatabaseTransaction } from './database.js';

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

/** Marks undecided those whose date has come, and everyone when the practice's policy has changed since it was used. */
export async function undecideDue(
  db: Database,
  practiceId: string,
  today: string,
  policyKey: string,
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
  if (practice?.policy_key === policyKey) return;
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('pims_clients')
      .set({ undecided: 1 })
      .where('practice_id', '=', practiceId)
      .execute();
    await trx.updateTable('practices').set({ policy_key: policyKey }).where('id', '=', practiceId).execute();
  });
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

/** Marks every client of a practice undecided. */
export async function undecideEveryone(db: Database, practiceId: string): Promise<void> {
  await db.updateTable('pims_clients').set({ undecided: 1 }).where('practice_id', '=', practiceId).execute();
}
