import type { InvitePolicy } from '../../domain/decision/policy.js';
import { Problem } from '../../lib/problem.js';
import { isTooOld } from '../../domain/message/data-age.js';
import { dataFrom } from './data-age.js';
import type { Database, DatabaseTransaction } from '../db/database.js';
import { wasSynced } from './sync-runs.js';
import type { Row } from '../db/tables.js';

/**
 * Writes the configured practices into the database, so that queries can join their names. A practice whose policy
 * invites automatically needs no approval and counts as approved from its first day.
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
 * Approves the plan. Marks every client that the plan invites for evaluation, which now creates accounts and emails; on
 * a second approval, only clients that came since the first one. The caller enqueues the `evaluate-practice` job.
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

/** Locks these practices: until the transaction ends, no sync writes and no client of them is evaluated. */
export async function lockPractices(trx: DatabaseTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.selectFrom('practices').select('id').where('id', 'in', ids).orderBy('id').forUpdate().execute();
}

/** Locks a practice for the evaluation of its clients, and returns its row. */
export async function lockPractice(trx: DatabaseTransaction, id: string): Promise<Row<'practices'>> {
  return trx.selectFrom('practices').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/**
 * Requires that no sync run of a practice is writing. @throws Problem `sync-in-progress` if one is reading or evaluating
 */
export async function requireNoRun(db: Database, { id, name }: { id: string; name: string }): Promise<void> {
  const run = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('active_practice', '=', id)
    .where('state', 'in', ['reading', 'evaluating'])
    .executeTakeFirst();
  if (!run) return;
  throw new Problem({
    code: 'sync-in-progress',
    message: `A sync of ${name} is running.`,
    help: `Wait until it is done, or follow it: pims-sync sync ${id}`,
  });
}

/**
 * Tells whether a practice's clients may be evaluated outside a run. Returns false while a run reads, because half-read
 * data must not be evaluated; after a safety stop, until staff have checked it; and before any run has passed the safety
 * stop, because after a first import that failed midway it is unknown which clients share an address or are duplicates.
 * The clients that a failed run wrote wait for the next run: see `unprovenSince`.
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
  const proven = await db
    .selectFrom('sync_runs')
    .select('id')
    .where('practice_id', '=', practiceId)
    .where('kind', '!=', 'client')
    .where('passed_safety_stop', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return proven !== undefined;
}

/** Requires that evaluation is allowed. @throws Problem `sync-in-progress` if `canEvaluate` returns false */
export async function requireCanEvaluate(db: Database | DatabaseTransaction, practiceId: string): Promise<void> {
  if (await canEvaluate(db, practiceId)) return;
  throw new Problem({ code: 'sync-in-progress', message: 'A sync is running, or its safety stop stopped it.' });
}

/**
 * Returns the reason why a practice's plan cannot be approved now; null if it can. Before the first full scan there is
 * no plan, and a plan made from data older than the limit does not reflect today's clients.
 *
 * @param limit null for data of any age
 */
export async function whyNotApprovable(
  db: Database,
  practiceId: string,
  limit: { maxAgeHours: number; now: Date } | null,
): Promise<'nothing-to-approve' | 'sync-in-progress' | 'data-too-old' | null> {
  if (!(await wasSynced(db, practiceId))) return 'nothing-to-approve';
  if (!(await canEvaluate(db, practiceId))) return 'sync-in-progress';
  if (!limit) return null;
  const from = await dataFrom(db, practiceId);
  return from && !isTooOld(from, limit.maxAgeHours, limit.now) ? null : 'data-too-old';
}
