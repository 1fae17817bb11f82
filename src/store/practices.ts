import type { InvitePolicy } from '../domain/policy.js';
import type { Database, DatabaseTransaction } from './database.js';
import type { Row } from './tables.js';

/**
 * Writes the configured practices into the database, so that other rows can be read beside their names. One whose policy
 * invites automatically needs no approval, and counts as approved from its first day.
 */
export async function ensurePractices(
  db: Database,
  practices: readonly {
    id: string;
    name: string;
    timeZone: string;
    policy?: Pick<InvitePolicy, 'welcome'>;
  }[],
  now: Date,
): Promise<void> {
  for (const { id, name, timeZone, policy } of practices) {
    await db
      .insertInto('practices')
      .values({
        id,
        name,
        time_zone: timeZone,
        policy_key: null,
        approved_at: null,
        approved_by: null,
        mail_paused_at: null,
        mail_paused_why: null,
        created_at: now,
      }) // prettier-ignore
      .onDuplicateKeyUpdate({ name, time_zone: timeZone })
      .execute();
    if (policy?.welcome !== 'automatic') continue;
    await db
      .updateTable('practices')
      .set({ approved_at: now, approved_by: 'the practice’s policy' })
      .where('id', '=', id)
      .where('approved_at', 'is', null)
      .execute();
  }
}

/**
 * Staff have looked at the plan and say: invite them. Everyone whom the plan invites is decided again, now with what
 * follows. The caller asks for the `settle-practice` job.
 *
 * @returns how many will be invited
 */
export async function approvePlan(
  trx: Database | DatabaseTransaction,
  practiceId: string,
  by: string,
  now: Date,
): Promise<number> {
  await trx
    .updateTable('practices')
    .set({ approved_at: now, approved_by: by.slice(0, 200) })
    .where('id', '=', practiceId)
    .execute();
  const { numUpdatedRows } = await trx
    .updateTable('pims_clients')
    .set({ undecided: 1 })
    .where('practice_id', '=', practiceId)
    .where('verdict', '=', 'invite')
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/**
 * Whether a practice's clients may be settled outside a run. Not while one is reading, since half a pass is half the
 * truth; and not after the brake stopped one, until a person has looked.
 */
export async function maySettle(db: Database | DatabaseTransaction, practiceId: string): Promise<boolean> {
  const latest = await db
    .selectFrom('sync_runs')
    .select('state')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return latest?.state !== 'reading' && latest?.state !== 'stopped';
}

export async function practiceRow(db: Database, practiceId: string): Promise<Row<'practices'> | undefined> {
  return db.selectFrom('practices').selectAll().where('id', '=', practiceId).executeTakeFirst();
}
