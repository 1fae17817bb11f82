import type { FastifyInstance } from 'fastify';

/**
 * One line a request: the route's pattern, never the address itself, which may name a person's record; no query, body,
 * cookie or header.
 */
export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    if (route.startsWith('/assets/') || route === '/healthz' || route === '/readyz') return;
    request.log.info(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
  });
}
