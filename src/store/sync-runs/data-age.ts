import { sql } from 'kysely';
import { dataWait, type DataRule, type DataState, type DataWait } from '../../domain/message/data-age.js';
import type { Database, DatabaseTransaction } from '../db/database.js';

/** Returns the rule of a configured practice at a time; null for any other. */
export type DataRuleOf = (practiceId: string, now: Date) => DataRule | null;

/** Returns the start of a practice's last completed full scan; null before the first. */
export async function dataFrom(db: Database, practiceId: string): Promise<Date | null> {
  return (await lastScans(db, [practiceId]))[0]?.scanned_at ?? null;
}

/**
 * Returns the practices whose invitations must wait for a sync, with the reason. Two statements for any number of
 * practices.
 */
export async function dataWaits(
  db: Database | DatabaseTransaction,
  practiceIds: readonly string[],
  ruleOf: DataRuleOf,
  now: Date,
): Promise<Map<string, DataWait>> {
  const rules = new Map<string, DataRule>();
  for (const id of new Set(practiceIds)) {
    const rule = ruleOf(id, now);
    if (rule) rules.set(id, rule);
  }
  const waits = new Map<string, DataWait>();
  if (rules.size === 0) return waits;
  const runs = await nightRuns(db, rules);
  for (const { id, created_at: knownSince, scanned_at: from } of await lastScans(db, [...rules.keys()])) {
    const wait = dataWait({ from, knownSince, nightRun: runs.get(id) ?? null }, rules.get(id) as DataRule, now);
    if (wait) waits.set(id, wait);
  }
  return waits;
}

/** Finds the last full scans; one index lookup per practice, because a completed run is among the latest. */
async function lastScans(db: Database | DatabaseTransaction, practiceIds: readonly string[]) {
  // A run in status evaluating has read everyone; clients without a decision are marked.
  const { rows } = await sql<{ id: string; created_at: Date; scanned_at: Date | null }>`
    SELECT p.id, p.created_at, COALESCE(r.started_at, r.requested_at) AS scanned_at
    FROM practices p
    LEFT JOIN sync_runs r ON r.id = (SELECT d.id FROM sync_runs d
      WHERE d.practice_id = p.id AND d.kind <> 'client' AND d.state IN ('evaluating', 'done')
      ORDER BY d.requested_at DESC LIMIT 1)
    WHERE p.id IN (${sql.join([...practiceIds])})`.execute(db);
  return rows;
}

/** Finds each practice's nightly sync run. */
async function nightRuns(
  db: Database | DatabaseTransaction,
  rules: ReadonlyMap<string, DataRule>,
): Promise<Map<string, NonNullable<DataState['nightRun']>>> {
  const rows = await db
    .selectFrom('sync_runs')
    .select(['practice_id', 'nightly_date', 'state', 'requested_at'])
    .where('practice_id', 'in', [...rules.keys()])
    .where('nightly_date', 'in', [...new Set([...rules.values()].map(({ night }) => night.date))])
    .execute();
  const ours = rows.filter((run) => run.nightly_date === rules.get(run.practice_id)?.night.date);
  return new Map(
    ours.map(({ practice_id, state, requested_at: requestedAt }) => {
      return [practice_id, { isOver: state !== 'queued' && state !== 'reading', requestedAt }];
    }),
  );
}
