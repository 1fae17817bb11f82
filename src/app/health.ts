import { setTimeout } from 'node:timers/promises';
import fastify from 'fastify';
import type { App } from './create-app.js';
import { Problem } from '../lib/problem.js';
import type { Queues } from '../jobs/bullmq/queues.js';
import { checkRedis } from '../jobs/bullmq/redis.js';
import { ping } from '../store/db/database.js';
import { closeWithin, listen, listenHost } from '../platform/listen.js';
import { healthPlugin, type Readiness } from '../web/http/health.js';

const stopWithinMs = 1_000;

/**
 * Returns checks of the services that every process needs; each rejects if its service is unavailable.
 *
 * @param queues also checks their open connection; BullMQ's workers use theirs every few seconds anyway
 */
export function readinessOf({ db, config }: Pick<App, 'db' | 'config'>, queues?: Pick<Queues, 'prove'>): Readiness {
  return {
    database: () => ping(db),
    async redis() {
      await checkRedis(config.redisUrl);
      await queues?.prove();
    },
  };
}

/** A load balancer asks at least this often, in milliseconds; a rarer caller does not route requests by the answer. */
const askedLatelyMs = 60_000;

/** Shutdown of a process behind a load balancer: `/readyz` reports the stop before the process stops serving. */
export function createDrain(seconds: number) {
  let stopping = false;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    /** One of the checks of `/readyz`. */
    check: async (): Promise<void> => {
      askedAt = performance.now();
      if (stopping) throw new Problem({ code: 'stopping', message: 'The process is stopping.' });
    },
    /** Resolves after the load balancer had time to notice; at once if none asks. */
    async begin(): Promise<void> {
      stopping = true;
      if (performance.now() - askedAt < askedLatelyMs) await setTimeout(seconds * 1000);
    },
  };
}

export interface ServedHealth {
  port: number;
  /** Sets the phase. The process is ready only while working, not while it starts or stops; it is alive throughout. */
  now(phase: 'working' | 'stopping'): void;
  stop(): Promise<void>;
}

/**
 * Serves `GET /healthz` and `GET /readyz` for a process without pages, with the same answers as the web process.
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
