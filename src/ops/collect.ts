import { sql } from 'kysely';
import { idAt, type Clock } from '../lib/ids.js';
import type { QueueDepth } from '../jobs/bullmq/queues.js';
import type { Database } from '../store/db/database.js';
import { isFailing, practiceHealth } from '../store/sync-runs/practice-health.js';
import type { Gauges } from './gauges.js';

export interface MetricsDeps {
  db: Database;
  clock: Clock;
  depths(): Promise<QueueDepth[]>;
  /** Practices configured now; a removed practice must not be reported as failing forever. */
  practices: readonly string[];
}

export interface Collector {
  part: 'database' | 'redis';
  /** Minimum interval in milliseconds; expensive queries run less often than scrapes. */
  everyMs: number;
  collect(): Promise<void>;
}

const dayMs = 86_400_000;
const openStates = ['queued', 'sending', 'uncertain'];

/** Returns the queries of a scrape. Each reads an index, not a table, however many practices and emails there are. */
export function createCollectors(gauges: Gauges, deps: MetricsDeps): Collector[] {
  const { db, clock } = deps;
  const database = (collect: () => Promise<void>, everyMs = 0): Collector => {
    return { part: 'database', everyMs, collect };
  };
  const since = (time: Date) => Math.max(0, (clock().getTime() - time.getTime()) / 1000);

  async function practices(): Promise<void> {
    const rows = await practiceHealth(db, deps.practices);
    for (const one of [gauges.age, gauges.failing, gauges.info, gauges.standing, gauges.rows, gauges.rate]) one.reset();
    for (const row of rows) {
      const practice = row.id;
      gauges.info.set({ practice, name: row.name }, 1);
      gauges.age.set({ practice }, Math.floor(since(row.done_at ?? row.created_at)));
      if (isFailing(row) && row.error_code) gauges.failing.set({ practice, cause: row.error_code }, 1);
      if (row.state && ['queued', 'reading', 'evaluating'].includes(row.state))
        gauges.standing.set({ practice }, since(row.progressed_at ?? row.requested_at));
      if (!row.done_at || !row.done_started || !row.done_counts) continue;
      const { read = 0 } = JSON.parse(row.done_counts) as { read?: number };
      const seconds = (row.done_at.getTime() - row.done_started.getTime()) / 1000;
      gauges.rows.set({ practice }, read);
      gauges.rate.set({ practice }, seconds > 0 ? read / seconds : 0);
    }
  }

  async function runs(): Promise<void> {
    // Ids start with their creation time: this is a range of the primary key, not a scan of all runs.
    const { rows } = await sql<{ practice_id: string; state: string; n: number }>`
      SELECT practice_id, state, COUNT(*) AS n FROM sync_runs
      WHERE id >= ${idAt(new Date(clock().getTime() - dayMs))} GROUP BY practice_id, state`.execute(db);
    gauges.runs.reset();
    for (const row of rows)
      if (deps.practices.includes(row.practice_id))
        gauges.runs.set({ practice: row.practice_id, state: row.state }, Number(row.n));
  }

  async function mails(): Promise<void> {
    const month = idAt(new Date(clock().getTime() - 30 * dayMs));
    const { rows } = await sql<{ state: string; n: number }>`
      SELECT state, COUNT(*) AS n FROM messages WHERE state IN (${sql.join(openStates)}) GROUP BY state
      UNION ALL
      SELECT state, COUNT(*) FROM messages WHERE id >= ${month} AND state NOT IN (${sql.join(openStates)}) GROUP BY state`.execute(
      db,
    );
    gauges.messages.reset();
    for (const state of openStates) gauges.messages.set({ state }, 0);
    for (const { state, n } of rows) gauges.messages.set({ state }, Number(n));
  }

  async function waits(): Promise<void> {
    const { rows } = await sql<{ queued: Date | null; uncertain: Date | null }>`
      SELECT (SELECT MIN(w.due_at) FROM practices p JOIN messages w ON w.practice_id = p.id AND w.state = 'queued'
                WHERE p.email_paused_at IS NULL) AS queued,
        (SELECT MIN(changed_at) FROM messages WHERE state = 'uncertain') AS uncertain`.execute(db);
    gauges.oldestQueued.set(rows[0]?.queued ? since(rows[0].queued) : 0);
    gauges.oldestUncertain.set(rows[0]?.uncertain ? since(rows[0].uncertain) : 0);
    const paused = await db.selectFrom('practices').select('id').where('email_paused_at', 'is not', null).execute();
    gauges.paused.reset();
    for (const { id } of paused) if (deps.practices.includes(id)) gauges.paused.set({ practice: id }, 1);
  }

  async function queue(): Promise<void> {
    const row = await db.selectFrom('email_sending').selectAll().where('name', '=', 'ses').executeTakeFirst();
    gauges.stopped.reset();
    if (row?.stopped_at) gauges.stopped.set({ cause: row.stopped_code ?? 'unknown' }, 1);
    gauges.quota.set(row?.quota_per_second ?? 0);
    gauges.quotaDay.set(row?.quota_24_hours ?? 0);
    gauges.sentDay.set(row?.quota_sent ?? 0);
    const { rows } = await sql<{ n: number }>`
      SELECT COUNT(*) AS n FROM send_attempts
      WHERE id >= ${idAt(new Date(clock().getTime() - 60_000))} AND outcome = 'accepted'`.execute(db);
    gauges.handed.set(Number(rows[0]?.n ?? 0) / 60);
  }

  async function passwords(): Promise<void> {
    const { rows } = await sql<{ pending: number; past: number }>`
      SELECT COUNT(*) AS pending, COALESCE(SUM(a.first_login_at IS NOT NULL), 0) AS past
      FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id WHERE c.key_id IS NOT NULL`.execute(db);
    gauges.past.set(Number(rows[0]?.past ?? 0));
    gauges.pending.set(Number(rows[0]?.pending ?? 0) - Number(rows[0]?.past ?? 0));
  }

  async function queues(): Promise<void> {
    for (const { queueName: name, oldestMs, ...states } of await deps.depths()) {
      for (const [state, count] of Object.entries(states)) gauges.jobs.set({ queue: name, state }, count);
      gauges.oldestJob.set({ queue: name }, oldestMs / 1000);
    }
  }

  return [
    database(practices),
    database(runs),
    database(mails, 60_000),
    database(waits),
    database(queue),
    database(passwords, 30_000),
    { part: 'redis', everyMs: 0, collect: queues },
  ];
}
