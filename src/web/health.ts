import type { FastifyPluginAsync } from 'fastify';
import { codeOf } from '../domain/problem.js';
import type { WebDeps } from './deps.js';

/** `/healthz`: the process answers. `/readyz`: what it needs answers too, each named. For machines, no details. */
export function healthPlugin(deps: Pick<WebDeps, 'readiness' | 'log'>): FastifyPluginAsync {
  return async (app) => {
    app.get('/healthz', async () => ({ status: 'ok' }));
    app.get('/readyz', async (_request, reply) => {
      const checks = await Promise.all(
        Object.entries(deps.readiness).map(async ([name, check]) => {
          try {
            await check();
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
