import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.js';
import { findApiToken } from '../../store/access/api-tokens.js';
import { findSession } from '../../store/access/sessions.js';
import type { WebDeps } from '../deps.js';
import { parse } from '../http/parse.js';
import { answerable, sendProblem } from '../http/problems.js';
import { petParentLife } from '../login/session-life.js';
import type { Tasks } from '../background-tasks.js';
import { bearerOf } from './bearer.js';
import { firstLoginRoutes } from './first-login.js';
import { once } from './idempotency.js';
import { loginRoutes } from './logins.js';
import { openApiDocument } from './openapi.js';
import { eventRoutes } from './first-login-event.js';
import { passwordRoutes } from './password-resets.js';
import { petParentRoutes } from './pet-parents.js';
import { planRoutes } from './plan.js';
import { honoursKeys, type ApiAuth, type ApiRoute, type ApiScope, type Caller } from './route.js';
import { syncRoutes } from './syncs.js';
import { verifySignature } from './signature.js';

/** Returns every route under `/v1`. */
function apiRoutes(deps: WebDeps, tasks: Tasks): ApiRoute[] {
  return [
    ...loginRoutes(deps),
    ...passwordRoutes(deps, tasks),
    ...firstLoginRoutes(deps),
    ...eventRoutes(deps),
    ...petParentRoutes(deps),
    ...planRoutes(deps),
    ...syncRoutes(deps),
  ];
}

export function apiPlugin(deps: WebDeps, tasks: Tasks): FastifyPluginAsync {
  return async (app) => {
    keepRawBody(app);
    app.setErrorHandler((error, request, reply) => sendProblem(reply, answerable(error, request)));
    const routes = apiRoutes(deps, tasks);
    for (const one of routes) {
      app.route({
        method: one.method.toUpperCase(),
        url: one.path,
        handler: async (request, reply) => {
          const caller = await callerOf(deps, one.auth, request);
          const call = {
            caller,
            params: one.params ? parse(one.params, request.params) : undefined,
            query: one.query ? parse(one.query, request.query) : undefined,
            body: one.body ? parse(one.body, request.body) : undefined,
            address: request.ip,
            request,
            reply,
          };
          const work = () => one.handle(call);
          const result = honoursKeys(one)
            ? await once(deps.db, request, (caller as Caller<ApiScope>).tokenId, deps.clock(), work)
            : await work();
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
        message: 'The API has no such route.',
        help: 'See /v1/openapi.json.',
      });
    });
  };
}

async function callerOf<A extends ApiAuth>(deps: WebDeps, auth: A, request: FastifyRequest): Promise<Caller<A>> {
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
      message: 'This needs a session. The session sent is unknown or has ended.',
    });
  }
  const found = token && (await findApiToken(deps.db, token, deps.clock()));
  if (!found) {
    throw new Problem({
      code: 'token-needed',
      message: 'This needs an API token. The token sent is unknown, revoked or expired.',
    });
  }
  if (!found.token.scopes.includes(auth)) {
    throw new Problem({ code: 'not-allowed', message: `This API token does not have the scope ${auth}.` });
  }
  const { id: tokenId, name, practiceId } = found.token;
  return { tokenId, name, practiceId, allowed: found.allowed } as Caller<A>;
}

/** Keeps the body as sent, because a signature covers the bytes and not the parsed JSON. */
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
