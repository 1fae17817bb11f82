import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../../lib/problem.js';
import type { Cookies } from '../../http/cookies.js';
import type { WebDeps } from '../../deps.js';
import { errorPage } from '../../http/error-page.js';
import { answerable } from '../../http/problems.js';
import { mustBeAllowed } from '../team/rights.js';
import { readStaffRequest } from './staff-session.js';

/** Policy for the queue board, which also needs a base URL and inline styles. Scripts come from this origin only. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/** Serves the operator pages of plugins, such as metrics and the queue board, behind an operator's sign-in. */
export function operatorPages(deps: WebDeps, cookies: Cookies): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const staffRequest = await readStaffRequest(deps, cookies, request);
      // A program that sends a token needs no sign-in page: Prometheus would try to parse it.
      if (!staffRequest && request.headers.authorization)
        return reply
          .code(401)
          .type('text/plain')
          .send('No token gives access here: an operator must sign in. For /metrics, set metricsToken.\n');
      if (!staffRequest) return reply.redirect(`/staff/sign-in?next=${encodeURIComponent(request.url)}`, 303);
      try {
        mustBeAllowed(staffRequest.staff.role, 'run-machines');
        mustComeFromHere(request.method, request.headers['sec-fetch-site']);
      } catch (error) {
        // Answered here, because these plugins have their own error pages.
        return errorPage(reply, answerable(error, request));
      }
    });
    app.addHook('onSend', async (_request, reply) => void reply.header('content-security-policy', policy));
    for (const plugin of deps.plugins.operator) await app.register(plugin);
  };
}

/** Requires that a changing request comes from a page of this origin, because these plugins send no CSRF tokens. */
function mustComeFromHere(method: string, site: string | string[] | undefined): void {
  if (method === 'GET' || method === 'HEAD' || site === 'same-origin') return;
  throw new Problem({ code: 'form-expired', message: 'Blocked: the request came from another site.' });
}
