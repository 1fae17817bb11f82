import type { FastifyPluginAsync } from 'fastify';
import type { Logger } from 'pino';
import { codeOf, Problem } from '../../lib/problem.js';
import { withinTime } from '../../lib/time-limit.js';

/** Checks of a process's dependencies by name; a check throws if its dependency is not ready. */
export type Readiness = Readonly<Record<string, () => Promise<void>>>;

/**
 * Serves `/healthz` (the process answers) and `/readyz` (its dependencies answer, each by name), without details.
 *
 * @param deps.answerWithinMs must be below the timeout of the probe, so that the probe learns which dependency hangs
 */
export function healthPlugin(deps: { readiness: Readiness; log: Logger; answerWithinMs?: number }): FastifyPluginAsync {
  const { answerWithinMs = 3_000 } = deps;
  return async (app) => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (_request, reply) => {
      const checks = await Promise.all(
        Object.entries(deps.readiness).map(async ([name, check]) => {
          try {
            // A connection to a server that was cut off hangs for minutes.
            const silent = new Problem({ code: 'silent', message: `No answer within ${answerWithinMs} ms.` });
            await withinTime(check(), answerWithinMs, silent);
            return [name, 'ok'] as const;
          } catch (error) {
            deps.log.warn({ err: error, check: name }, 'not ready');
            return [name, codeOf(error)] as const;
          }
        }),
      );
      const ready = checks.every(([, state]) => state === 'ok');
      return reply
        .status(ready ? 200 : 503)
        .send({ status: ready ? 'ok' : 'not ready', checks: Object.fromEntries(checks) });
    });
  };
}
