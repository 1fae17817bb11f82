import { setTimeout } from 'node:timers/promises';
import fastify from 'fastify';
import { sql } from 'kysely';
import type { App } from './create-app.js';
import { Problem } from '../lib/problem.js';
import type { Queues } from '../jobs/bullmq/queues.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { closeWithin, listen, listenHost } from '../platform/listen.js';
import { healthPlugin, type Readiness } from '../web/http/health.js';

const stopWithinMs = 1_000;

/**
 * Checks of what every process needs, each of which fails when it is away.
 *
 * @param queues whose open connection is proved as well; BullMQ's workers use theirs every few seconds by themselves
 */
export function readinessOf({ db, config }: Pick<App, 'db' | 'config'>, queues?: Pick<Queues, 'prove'>): Readiness {
  return {
    database: async () => void (await sql`SELECT 1`.execute(db)),
    async redis() {
      await checkRedis(config.redisUrl);
      await queues?.prove();
    },
  };
}

/** Whoever asks less often than this does not send visitors by the answer. */
const askedLatelyMs = 60_000;

/** The end of a process that visitors are sent to: it says on `/readyz` that it stops before it does. */
export function createDrain(seconds: number) {
  let stopping = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    /** One of the questions of `/readyz`. */
    check: async (): Promise<void> => {
      askedAt = performance.now();
      if (stopping) throw new Problem({ code: 'stopping', message: 'The process is stopping.' });
    },
    /** Resolves once whoever asks has had the time to hear it; at once when nobody does. */
    async begin(): Promise<void> {
      stopping = true;
      if (performance.now() - askedAt < askedLatelyMs) await setTimeout(seconds * 1000);
    },
  };
}

export interface ServedHealth {
  port: number;
  /** Ready only while it works: one that starts or stops takes nothing new. It lives all the while. */
  now(phase: 'working' | 'stopping'): void;
  stop(): Promise<void>;
}

/**
 * `GET /healthz` and `GET /readyz` for a process that serves no pages, with the answers of one that does.
 *
 * @throws Problem `port-not-free`
 */
export async function serveHealth(app: Pick<App, 'db' | 'config' | 'log'>, port: number): Promise<ServedHealth> {
  let phase: 'starting' | 'working' | 'stopping' = 'starting';
  const work = async () => {
    if (phase !== 'working') throw new Problem({ code: phase, message: `The worker is ${phase}.` });
  };
  const server = fastify({ logger: false });
  await server.register(healthPlugin({ log: app.log, readiness: { ...readinessOf(app), work } }));
  const bound = await listen(server, { port, host: listenHost('0.0.0.0'), setting: 'HEALTH_PORT' });
  return {
    port: bound,
    now: (next) => void (phase = next),
    stop: () => closeWithin(server, stopWithinMs),
  };
}
