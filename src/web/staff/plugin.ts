import type { FastifyPluginAsync } from 'fastify';
import type { Cookies } from '../cookies.js';
import type { WebDeps } from '../deps.js';
import type { Tasks } from '../tasks.js';
import { brandPages } from './brand.js';
import { emailMarketingPages } from './email-marketing.js';
import { exportPage } from './export.js';
import { historyPage } from './history.js';
import { staffLinks } from './links.js';
import { machinesPlugin } from './machines.js';
import { mailActions } from './mail-actions.js';
import { mailPreviewPages } from './mail-preview.js';
import { invitationPages, ownPasswordPages } from './own-password.js';
import { peoplePages } from './people.js';
import { lookUp } from './look-up.js';
import { personActions } from './person-actions.js';
import { petParentPages } from './pet-parents.js';
import { petParentPage } from './pet-parent.js';
import { planExport } from './plan-export.js';
import { planPage } from './plan.js';
import { practicesPage } from './practices.js';
import { watchClosing } from './run-events.js';
import { may } from './rights.js';
import { runPage } from './run.js';
import { staffForgotPages } from './forgot-pages.js';
import { signInPages } from './sign-in-pages.js';
import { slipPage } from './slip.js';
import { syncPages } from './syncs.js';
import { tokenPages } from './tokens.js';
import { readVisit, type Visit } from './visit.js';
import { welcomePage } from './welcome.js';
import { workPages } from './work.js';

/** The staff console, under `/staff`. */
export function staffPlugin(deps: WebDeps, cookies: Cookies, tasks: Tasks): FastifyPluginAsync {
  return async (app) => {
    app.decorateRequest('visit', null);
    app.addHook('preHandler', async (request) => {
      request.visit = await readVisit(deps, cookies, request);
      request.csrfOwner = request.visit?.key ?? 'nobody';
    });
    for (const path of ['/', staffLinks.home])
      app.get(path, async ({ visit }, reply) => reply.redirect(visit ? homeOf(visit) : '/staff/sign-in'));

    await app.register(async (open) => {
      open.addHook('preHandler', (request, reply, next) =>
        request.method === 'POST' ? app.csrfProtection(request, reply, next) : next(),
      );
      signInPages(open, deps, cookies);
      invitationPages(open, deps);
      staffForgotPages(open, deps, tasks);
    });

    await app.register(async (signedIn) => {
      signedIn.addHook('preHandler', async (request, reply) => {
        if (request.visit) return;
        // Only where going back there changes nothing.
        const next = request.method === 'GET' ? `?next=${encodeURIComponent(request.url)}` : '';
        return reply.redirect(`/staff/sign-in${next}`, 303);
      });
      signedIn.addHook('preHandler', (request, reply, next) =>
        request.method === 'POST' ? app.csrfProtection(request, reply, next) : next(),
      );
      watchClosing(signedIn);
      petParentPages(signedIn, deps);
      lookUp(signedIn, deps);
      petParentPage(signedIn, deps);
      personActions(signedIn, deps);
      slipPage(signedIn, deps);
      exportPage(signedIn, deps);
      planExport(signedIn, deps);
      emailMarketingPages(signedIn, deps);
      planPage(signedIn, deps);
      mailPreviewPages(signedIn, deps);
      await brandPages(signedIn, deps);
      welcomePage(signedIn, deps);
      mailActions(signedIn, deps);
      practicesPage(signedIn, deps);
      syncPages(signedIn, deps);
      runPage(signedIn, deps);
      workPages(signedIn, deps);
      historyPage(signedIn, deps);
      peoplePages(signedIn, deps);
      tokenPages(signedIn, deps);
      ownPasswordPages(signedIn, deps, cookies);
    });

    await app.register(machinesPlugin(deps, cookies));
  };
}

const homeOf = ({ staff }: Visit): string =>
  may(staff.role, 'run-machines') ? staffLinks.practices : staffLinks.petParents;
