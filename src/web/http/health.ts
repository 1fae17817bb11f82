import type { FastifyPluginAsync } from 'fastify';
import type { Logger } from 'pino';
import { codeOf, Problem } from '../../lib/problem.js';

/** Questions to what a process needs, by name; each throws what is wrong. */
export type Readiness = Readonly<Record<string, () => Promise<void>>>;

/**
 * `/healthz`: the process answers. `/readyz`: what it needs answers too, each named. For machines, no details.
 *
 * @param deps.answerWithinMs less than the patience of whoever asks, so that they hear which part is silent
 */
export function healthPlugin(deps: { readiness: Readiness; log: Logger; answerWithinMs?: number }): FastifyPluginAsync {
  const { answerWithinMs = 3_000 } = deps;
  return async (app) => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (_request, reply) => {
      const checks = await Promise.all(
        Object.entries(deps.readiness).map(async ([name, check]) => {
          try {
            await inTime(check(), answerWithinMs);
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

/** A server that was cut off is silent for minutes before its connection is given up. */
async function inTime(answer: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = new Problem({ code: 'silent', message: `No answer within ${ms} ms.` });
    timer = setTimeout(() => reject(problem), ms);
  });
  await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
