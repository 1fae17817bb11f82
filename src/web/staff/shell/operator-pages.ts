import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import type { Cookies } from '../../http/cookies.js';
import type { WebDeps } from '../../deps.js';
import { errorPage } from '../../http/error-page.js';
import { answerable } from '../../http/problems.js';
import { mustBeAllowed } from '../team/rights.js';
import { readStaffRequest } from './staff-session.js';

/** What the queue board needs beyond our own policy: a base address and styles in its elements. Scripts stay ours. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** The pages about the machines, brought by other rooms: behind an operator's sign-in. */
export function operatorPages(deps: WebDeps, cookies: Cookies): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const staffRequest = await readStaffRequest(deps, cookies, request);
      // A program that shows a token wants no page to sign in at: Prometheus would try to read it.
      if (!staffRequest && request.headers.authorization)
        return reply
          .code(401)
          .type('text/plain')
          .send('No token opens this: only an operator may, signed in. For /metrics, set metricsToken.\n');
      if (!staffRequest) return reply.redirect(`/staff/sign-in?next=${encodeURIComponent(request.url)}`, 303);
      try {
        mustBeAllowed(staffRequest.staff.role, 'run-machines');
        mustComeFromHere(request.method, request.headers['sec-fetch-site']);
      } catch (error) {
        // Answered here: these plugins bring error pages of their own.
        return errorPage(reply, answerable(error, request));
      }
    });
    app.addHook('onSend', async (_request, reply) => void reply.header('content-security-policy', policy));
    for (const plugin of deps.plugins.operator) await app.register(plugin);
  };
}

/** They know nothing of our form tokens: what changes something must come from a page of this very origin. */
function mustComeFromHere(method: string, site: string | string[] | undefined): void {
  if (method === 'GET' || method === 'HEAD' || site === 'same-origin') return;
  throw new Problem({ code: 'form-expired', message: 'This was sent from somewhere else.' });
}
