import type { FastifyInstance } from 'fastify';

/**
 * Logs one line per request with the route's pattern. The URL itself may contain a record id and is never logged, nor are
 * query, body, cookies and headers.
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
