import type { FastifyPluginAsync } from 'fastify';
import type { Cookies } from '../http/cookies.js';
import type { WebDeps } from '../deps.js';
import type { Tasks } from '../background-tasks.js';
import { donePage } from './done.js';
import { firstLoginPages } from './first-login.js';
import { sendAccountRecovery } from '../login/account-recovery.js';
import { forgotPages } from '../login/forgot-pages.js';
import { forgotTexts } from './forgot.js';
import { homePage } from './home.js';
import { logInPages } from './login.js';
import { passwordPages } from './password.js';
import { petsPages } from './pets.js';
import { resetPages } from './reset.js';
import { readVisitor } from './visitor.js';

/** Serves the pages for pet parents, under `/app`. */
export function petAppPlugin(deps: WebDeps, cookies: Cookies, tasks: Tasks): FastifyPluginAsync {
  return async (app) => {
    app.addHook('preHandler', async (request) => {
      request.visitor = await readVisitor(deps, cookies, request);
      request.csrfOwner = request.visitor?.key ?? 'nobody';
    });
    app.addHook('preHandler', (request, reply, next) =>
      request.method === 'POST' ? app.csrfProtection(request, reply, next) : next(),
    );
    app.decorateRequest('visitor', null);
    app.get('/app', async (_request, reply) => reply.redirect('/app/home'));
    logInPages(app, deps, cookies);
    firstLoginPages(app, deps);
    petsPages(app, deps, cookies);
    passwordPages(app, deps, cookies);
    donePage(app, deps);
    homePage(app, deps);
    forgotPages(app, tasks, forgotTexts, (email, address) => sendAccountRecovery(deps, email, address));
    resetPages(app, deps);
  };
}
