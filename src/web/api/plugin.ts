import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Problem } from '../../domain/problem.js';
import { Secret } from '../../domain/secret.js';
import { findSession } from '../../store/sessions.js';
import type { WebDeps } from '../deps.js';
import { parse } from '../parse.js';
import { answerable, sendProblem } from '../problems.js';
import { petParentLife } from '../session-life.js';
import { firstLoginRoutes } from './first-login.js';
import { loginRoutes } from './logins.js';
import { openApiDocument } from './openapi.js';
import { eventRoutes } from './first-login-event.js';
import type { ApiAuth, ApiRoute, Caller } from './route.js';
import { verifySignature } from './signature.js';

/** Everything under `/v1`. */
export function apiRoutes(deps: WebDeps): ApiRoute[] {
  return [...loginRoutes(deps), ...firstLoginRoutes(deps), ...eventRoutes(deps)];
}

export function apiPlugin(deps: WebDeps): FastifyPluginAsync {
  return async (app) => {
    keepRawBody(app);
    app.setErrorHandler((error, request, reply) => sendProblem(reply, answerable(error, request)));
    const routes = apiRoutes(deps);
    for (const one of routes) {
      app.route({
        method: one.method.toUpperCase(),
        url: one.path,
        handler: async (request, reply) => {
          const caller = await callerOf(deps, one.auth, request);
          const result = await one.handle({
            caller,
            params: one.params ? parse(one.params, request.params) : undefined,
            query: one.query ? parse(one.query, request.query) : undefined,
            body: one.body ? parse(one.body, request.body) : undefined,
            address: request.ip,
            request,
          });
          return reply.status(result.status).send(result.body);
        },
      });
    }
    const document = openApiDocument(routes, deps.settings.origin);
    app.get('/v1/openapi.json', async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=300').send(document),
    );
    app.all('/v1/*', async () => {
      throw new Problem({
        code: 'not-found',
        message: 'The API has nothing at this address.',
        help: 'See /v1/openapi.json.',
      });
    });
  };
}

async function callerOf<A extends ApiAuth>(
  deps: WebDeps,
  auth: A,
  request: FastifyRequest,
): Promise<Caller<A>> {
  if (auth === 'none') return null as Caller<A>;
  if (auth === 'signature') {
    verifySignature(deps.eventSecret, request.headers, request.rawBody ?? '', deps.clock());
    return null as Caller<A>;
  }
  const token = bearerOf(request);
  if (auth === 'session') {
    const session =
      token && (await findSession(deps.db, token, 'pet-parent', petParentLife(deps.settings), deps.clock));
    if (session) return { session, token } as Caller<A>;
    throw new Problem({
      code: 'session-needed',
      message: 'This needs a session, and this one is unknown or over.',
      help: 'Log in with POST /v1/logins and send "Authorization: Bearer <token>".',
    });
  }
  throw new Problem({ code: 'token-needed', message: `This needs an API token with the scope ${auth}.` });
}

function bearerOf(request: FastifyRequest): Secret | null {
  const match = /^Bearer ([\w.~+/=-]{16,200})$/i.exec(request.headers.authorization ?? '');
  return match ? new Secret(match[1] as string) : null;
}

/** A signature is over the bytes that were sent, not over what they mean. */
function keepRawBody(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    request.rawBody = body as string;
    try {
      done(null, body === '' ? undefined : JSON.parse(body as string));
    } catch {
      done(new Problem({ code: 'request-invalid', message: 'The body is not JSON.' }));
    }
  });
}

declare module 'fastify' {
  interface FastifyRequest {
    rawBody?: string;
  }
}
