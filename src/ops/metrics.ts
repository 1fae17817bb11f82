import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import { sql } from 'kysely';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { LaneDepth } from '../jobs/bullmq.js';
import type { Clock } from '../domain/ids.js';
import type { Secret } from '../domain/secret.js';
import type { Database } from '../store/database.js';

export interface MetricsDeps {
  db: Database;
  clock: Clock;
  depths(): Promise<LaneDepth[]>;
}

/**
 * `GET /metrics` for Prometheus. What the database knows is asked at each scrape, so that it is never stale.
 *
 * @param token what a scraper must send as `Authorization: Bearer ...`; null where a sign-in guards the page already
 */
export function metricsPlugin(deps: MetricsDeps, token: Secret | null): FastifyPluginAsync {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `pims_sync_${name}`, help, labelNames, registers: [registry] });

  const age = gauge('data_age_seconds', 'Seconds since the last complete pass over the PIMS.', ['practice']);
  const runs = gauge('runs', 'Sync runs of the last 24 hours by state.', ['practice', 'state']);
  const welcomes = gauge('welcomes', 'Mails by state, those of the last 30 days.', ['state']);
  const oldestOwed = gauge('oldest_owed_seconds', 'Age of the mail that has been owed longest.');
  const past = gauge('credentials_past_first_login', 'Temporary passwords kept past first login; must be 0.');
  const pending = gauge('credentials_pending', 'Temporary passwords of people who never logged in.');
  const jobs = gauge('jobs', 'Jobs in a lane by state.', ['lane', 'state']);
  const oldestJob = gauge('oldest_job_seconds', 'Age of the job that has waited longest.', ['lane']);
  const failed = new Counter({
    name: 'pims_sync_scrape_failures_total',
    help: 'Scrapes that could not ask the database or Redis.',
    registers: [registry],
  });

  const collectors: (() => Promise<void>)[] = [
    async () => {
      age.reset();
      const { rows } = await sql<{ id: string; seconds: number }>`
        SELECT p.id, TIMESTAMPDIFF(SECOND, COALESCE(MAX(r.finished_at), p.created_at), ${deps.clock()}) AS seconds
        FROM practices p LEFT JOIN sync_runs r ON r.practice_id = p.id AND r.state = 'done' AND r.kind <> 'client'
        GROUP BY p.id, p.created_at`.execute(deps.db);
      for (const { id, seconds } of rows) age.set({ practice: id }, Number(seconds));
    },
    async () => {
      runs.reset();
      const { rows } = await sql<{ practice_id: string; state: string; n: number }>`
        SELECT practice_id, state, COUNT(*) AS n FROM sync_runs
        WHERE requested_at > ${new Date(deps.clock().getTime() - 86_400_000)} GROUP BY practice_id, state`.execute(
        deps.db,
      );
      for (const row of rows) runs.set({ practice: row.practice_id, state: row.state }, Number(row.n));
    },
    async () => {
      welcomes.reset();
      const { rows } = await sql<{ state: string; n: number }>`
        SELECT state, COUNT(*) AS n FROM welcomes
        WHERE created_at > ${new Date(deps.clock().getTime() - 30 * 86_400_000)} GROUP BY state`.execute(
        deps.db,
      );
      for (const { state, n } of rows) welcomes.set({ state }, Number(n));
      const oldest = await sql<{ at: Date | null }>`
        SELECT MIN(due_at) AS at FROM welcomes WHERE state = 'owed'`.execute(deps.db);
      const at = oldest.rows[0]?.at;
      oldestOwed.set(at ? Math.max(0, (deps.clock().getTime() - at.getTime()) / 1000) : 0);
    },
    async () => {
      const { rows } = await sql<{ pending: number; past: number }>`
        SELECT COUNT(*) AS pending, COALESCE(SUM(a.first_login_at IS NOT NULL), 0) AS past
        FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id WHERE c.key_id IS NOT NULL`.execute(
        deps.db,
      );
      past.set(Number(rows[0]?.past ?? 0));
      pending.set(Number(rows[0]?.pending ?? 0) - Number(rows[0]?.past ?? 0));
    },
    async () => {
      for (const { lane, oldestMs, ...states } of await deps.depths()) {
        for (const [state, count] of Object.entries(states)) jobs.set({ lane, state }, count);
        oldestJob.set({ lane }, oldestMs / 1000);
      }
    },
  ];

  return async (app) => {
    app.get('/metrics', async (request, reply) => {
      if (token && !isBearer(request.headers.authorization, token)) {
        return reply.code(401).header('www-authenticate', 'Bearer').send();
      }
      // One source that is away must not hide what the others say.
      const results = await Promise.allSettled(collectors.map((collect) => collect()));
      for (const result of results) if (result.status === 'rejected') failed.inc();
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  };
}

function isBearer(header: string | undefined, token: Secret): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token.open()}`));
}
