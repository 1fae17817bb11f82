import type { InvitePolicy } from '../../domain/decision/policy.js';
import { Problem } from '../../lib/problem.js';
import { isTooOld } from '../../domain/message/data-age.js';
import { dataFrom } from './data-age.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { wasEverSynced } from './sync-runs.js';
import type { Row } from '../db/tables.js';

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
        email_paused_at: null,
        email_pause_reason: null,
        created_at: now,
      })
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
 * Staff have looked at the plan and say: invite them. Everyone who the plan invites is decided again, now with what
 * follows; at a second approval only those who came since the one before. The caller asks for the `evaluate-practice` job.
 *
 * @returns how many will be invited
 */
export async function approvePlan(
  trx: Database | DatabaseTransaction,
  practiceId: string,
  by: string,
  now: Date,
): Promise<number> {
  const before = await trx
    .selectFrom('practices')
    .select('approved_at')
    .where('id', '=', practiceId)
    .forUpdate()
    .executeTakeFirst();
  await trx
    .updateTable('practices')
    .set({ approved_at: now, approved_by: by.slice(0, 200) })
    .where('id', '=', practiceId)
    .execute();
  let invited = trx
    .updateTable('pims_clients')
    .set({ needs_evaluation: 1 })
    .where('practice_id', '=', practiceId)
    .where('verdict', '=', 'invite');
  if (before?.approved_at) invited = invited.where('first_seen_at', '>', before.approved_at);
  const { numUpdatedRows } = await invited.executeTakeFirst();
  return Number(numUpdatedRows);
}

/** Until the transaction ends no sync writes and nobody is settled at these practices. */
export async function lockPractices(trx: DatabaseTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.selectFrom('practices').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/**
 * Whether a practice's clients may be settled outside a run. Not while one is reading, since half a pass is half the
 * truth; not after the safety stop stopped one, until a person has looked; and not before any pass came to its end: after a
 * first import that failed in the middle, nobody knows yet who shares an address or is there twice.
 */
export async function canEvaluate(db: Database | DatabaseTransaction, practiceId: string): Promise<boolean> {
  const latest = await db
    .selectFrom('sync_runs')
    .select('state')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .orderBy('requested_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (!latest || latest.state === 'done' || latest.state === 'evaluating') return true;
  if (latest.state === 'reading' || latest.state === 'stopped') return false;
  const whole = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .where((eb) => eb.or([eb('state', '=', 'done'), eb.and([eb('state', '=', 'failed'), eb('read_all', '=', 1)])]))
    .limit(1)
    .executeTakeFirst();
  return whole !== undefined;
}

/** @throws Problem `sync-in-progress` where `canEvaluate` says no */
export async function requireCanEvaluate(db: Database | DatabaseTransaction, practiceId: string): Promise<void> {
  if (await canEvaluate(db, practiceId)) return;
  throw new Problem({ code: 'sync-in-progress', message: 'A sync is reading, or was stopped by its safety stop.' });
}

/**
 * Why a practice's plan cannot be approved now; null when it can. Before the first full scan there is no plan, and one
 * that was made from data older than the limit says little about the clients of today.
 *
 * @param limit null for data of any age
 */
export async function whyNotApprovable(
  db: Database,
  practiceId: string,
  limit: { maxAgeHours: number; now: Date } | null,
): Promise<'nothing-to-approve' | 'sync-in-progress' | 'data-too-old' | null> {
  if (!(await wasEverSynced(db, practiceId))) return 'nothing-to-approve';
  if (!(await canEvaluate(db, practiceId))) return 'sync-in-progress';
  if (!limit) return null;
  const from = await dataFrom(db, practiceId, limit.now);
  return from && !isTooOld(from, limit.maxAgeHours, limit.now) ? null : 'data-too-old';
}

export async function practiceRow(db: Database, practiceId: string): Promise<Row<'practices'> | undefined> {
  return db.selectFrom('practices').selectAll().where('id', '=', practiceId).executeTakeFirst();
}
