import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Secret } from '../lib/secret.js';
import { createCollectors, type Collector, type MetricsDeps } from './collect.js';
import { createGauges } from './gauges.js';

/** Prometheus gives up after ten seconds, and then nothing is known at all. */
const scrapeWithinMs = 7000;

/**
 * `GET /metrics` for Prometheus. What the database knows is asked at each scrape; what counts many rows, once a minute at most.
 *
 * @param token what a scraper must send as `Authorization: Bearer ...`; null where a sign-in guards the page already
 * @param version of pims-sync
 * @param answerWithinMs how long one source may take; what it says later is in the next scrape
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
  const askedAt = new Map<Collector, number>();

  async function collect(collector: Collector): Promise<void> {
    const now = deps.clock().getTime();
    const last = askedAt.get(collector);
    if (last !== undefined && now - last < collector.everyMs) return;
    await collector.collect();
    askedAt.set(collector, now);
  }
  /** A question that has had no answer is waited for, not asked a second time. */
  const waiting = new Map<Collector, Promise<void>>();
  function ask(collector: Collector): Promise<void> {
    const answer = waiting.get(collector) ?? collect(collector).finally(() => waiting.delete(collector));
    waiting.set(collector, answer);
    return inTime(answer, answerWithinMs);
  }

  async function collectAll(): Promise<void> {
    const up = new Map<string, boolean>();
    // One source that is away must not hide what the others say.
    const results = await Promise.allSettled(collectors.map(ask));
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
      // Two scrapers at once share one set of questions.
      await (collecting ??= collectAll().finally(() => (collecting = null)));
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  };
}

/** @throws when the answer has not come by then */
async function inTime(answer: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms.`)), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function isBearer(header: string | undefined, token: Secret): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token.open()}`));
}
