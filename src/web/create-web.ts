import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import serveStatic from '@fastify/static';
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { Secret } from '../lib/secret.js';
import { apiPlugin } from './api/plugin.js';
import { publicFolder } from './http/assets.js';
import { createCookies } from './http/cookies.js';
import type { WebDeps } from './deps.js';
import { errorPage } from './http/error-page.js';
import { healthPlugin } from './http/health.js';
import { petAppPlugin } from './pet-app/pet-app-plugin.js';
import { mailLogosPlugin } from './http/email-logos.js';
import { answerable } from './http/problems.js';
import { logRequests } from './http/request-log.js';
import { traceRequests } from './http/request-spans.js';
import { staffPlugin } from './staff/staff-plugin.js';
import { Tasks } from './background-tasks.js';

/** Largest accepted form or JSON body, in bytes. A household with a hundred pets needs a tenth of it. */
const bodyLimit = 256 * 1024;

/**
 * Builds the HTTP app: staff console, Pet App pages, API and health checks. The caller starts listening.
 *
 * @param watch receives every route as it is registered, for tests that check all routes
 */
export async function createWeb(
  deps: WebDeps,
  watch?: { onRoute(route: { method: string | string[]; url: string }): void },
): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: deps.settings.trustProxy,
    bodyLimit,
    genReqId: () => randomUUID(),
    // A PIMS key has up to 128 characters; a character outside ASCII takes up to twelve characters in a URL.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1600 },
  });
  const cookies = createCookies(deps.settings.origin);
  const tasks = new Tasks(deps.log);
  app.addHook('onClose', () => tasks.settled());
  logRequests(app);
  traceRequests(app);
  if (watch) app.addHook('onRoute', (route) => watch.onRoute(route));

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        frameSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // URLs of pages contain record ids, which no other site may learn.
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: deps.settings.origin.startsWith('https:') ? { maxAge: 31_536_000 } : false,
    frameguard: { action: 'deny' },
  });
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  await app.register(cookie);
  await app.register(formbody, { bodyLimit });
  await app.register(csrf, {
    cookieKey: cookies.nameOf('csrf'),
    cookieOpts: cookies.options,
    csrfOpts: { hmacKey: deps.keyring.mark(new Secret('csrf'), 'csrf').toString('base64') },
    // Binds a CSRF token to one session.
    getUserInfo: (request) => request.csrfOwner,
  });
  app.decorateRequest('csrfOwner', 'nobody');
  await app.register(serveStatic, {
    root: publicFolder,
    prefix: '/assets/',
    cacheControl: false,
    setHeaders: (reply) => {
      void reply.header('cache-control', 'public, max-age=31536000, immutable');
    },
  });

  app.setErrorHandler((error, request, reply) => errorPage(reply, answerable(error, request)));
  app.setNotFoundHandler((_request, reply) =>
    errorPage(reply, {
      status: 404,
      code: 'not-found',
      title: 'There is nothing at this address.',
      help: undefined,
    }),
  );

  await app.register(healthPlugin(deps));
  await app.register(mailLogosPlugin(deps));
  await app.register(apiPlugin(deps, tasks));
  await app.register(petAppPlugin(deps, cookies, tasks));
  await app.register(staffPlugin(deps, cookies, tasks));
  for (const plugin of deps.plugins.open) await app.register(plugin);
  return app;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Owner that a form's CSRF token is bound to: the session key, or `nobody`. */
    csrfOwner: string;
  }
}
