import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Secret } from '../lib/secret.js';
import { withinTime } from '../lib/time-limit.js';
import { createCollectors, type Collector, type MetricsDeps } from './collect.js';
import { createGauges } from './gauges.js';

/** Below Prometheus' timeout of ten seconds, after which the whole scrape would be lost. */
const scrapeWithinMs = 7000;

/**
 * Serves `GET /metrics` for Prometheus. Queries the database at each scrape; queries that count many rows run at most
 * once a minute.
 *
 * @param token bearer token that a scraper must send; null if a sign-in already guards the page
 * @param version of pims-sync
 * @param answerWithinMs timeout of one source; a later answer is used by the next scrape
 */
export function metricsPlugin(
  deps: MetricsDeps,
  token: Secret | null,
  version = 'unknown',
  answerWithinMs = scrapeWithinMs,
): FastifyPluginAsync {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauges = createGauges(registry);
  gauges.version.set({ version }, 1);
  const collectors = createCollectors(gauges, deps);
  const collectedAt = new Map<Collector, number>();

  async function collect(collector: Collector): Promise<void> {
    const now = deps.clock().getTime();
    const last = collectedAt.get(collector);
    if (last !== undefined && now - last < collector.everyMs) return;
    await collector.collect();
    collectedAt.set(collector, now);
  }
  /** A pending query is awaited, not started a second time. */
  const waiting = new Map<Collector, Promise<void>>();
  function collectOnce(collector: Collector): Promise<void> {
    const answer = waiting.get(collector) ?? collect(collector).finally(() => waiting.delete(collector));
    waiting.set(collector, answer);
    return withinTime(answer, answerWithinMs, new Error(`No answer within ${answerWithinMs} ms.`));
  }

  async function collectAll(): Promise<void> {
    const up = new Map<string, boolean>();
    // One unavailable source must not hide the others.
    const results = await Promise.allSettled(collectors.map(collectOnce));
    for (const [at, { status }] of results.entries()) {
      const { part } = collectors[at] as Collector;
      up.set(part, (up.get(part) ?? true) && status === 'fulfilled');
      if (status === 'rejected') gauges.failed.inc();
    }
    for (const [part, answered] of up) gauges.up.set({ part }, answered ? 1 : 0);
  }

  let collecting: Promise<void> | null = null;
  return async (app) => {
    app.get('/metrics', async (request, reply) => {
      if (token && !isBearer(request.headers.authorization, token)) {
        return reply.code(401).header('www-authenticate', 'Bearer').send();
      }
      // Concurrent scrapes share one set of queries.
      await (collecting ??= collectAll().finally(() => (collecting = null)));
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  };
}

function isBearer(header: string | undefined, token: Secret): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token.open()}`));
}
