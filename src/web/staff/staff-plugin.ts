import type { FastifyPluginAsync } from 'fastify';
import type { Cookies } from '../http/cookies.js';
import type { WebDeps } from '../deps.js';
import type { Tasks } from '../background-tasks.js';
import { brandingPages } from './branding/branding.js';
import { emailMarketingPages } from './email-marketing/email-marketing.js';
import { exportPage } from './pet-parents/export.js';
import { historyPage } from './team/history.js';
import { staffLinks } from './shell/routes.js';
import { operatorPages } from './shell/operator-pages.js';
import { mailActions } from './email-marketing/message-actions.js';
import { mailPreviewPages } from './email-marketing/email-preview.js';
import { invitationPages, ownPasswordPages } from './team/my-account.js';
import { peoplePages } from './team/team.js';
import { lookUp } from './pet-parents/look-up.js';
import { personActions } from './pet-parents/pet-parent-actions.js';
import { petParentPages } from './pet-parents/pet-parents.js';
import { petParentPage } from './pet-parents/pet-parent.js';
import { planExport } from './syncs/plan-export.js';
import { planPage } from './syncs/plan.js';
import { practicesPage } from './syncs/practices.js';
import { watchClosing } from './syncs/run-events.js';
import { may } from './team/rights.js';
import { runPage } from './syncs/sync-run.js';
import { forgotPages } from '../login/forgot-pages.js';
import { staffForgotTexts } from './team/forgot.js';
import { sendStaffRecovery } from './team/invitations.js';
import { signInPages } from './team/sign-in-pages.js';
import { handoutPage } from './pet-parents/login-handout.js';
import { syncPages } from './syncs/syncs.js';
import { tokenPages } from './team/tokens.js';
import { readStaffRequest, type StaffRequest } from './shell/staff-session.js';
import { messagePage } from './email-marketing/message.js';
import { taskPages } from './pet-parents/tasks.js';

/** Serves the staff console, under `/staff`. */
export function staffPlugin(deps: WebDeps, cookies: Cookies, tasks: Tasks): FastifyPluginAsync {
  return async (app) => {
    app.decorateRequest('staffRequest', null);
    app.addHook('preHandler', async (request) => {
      request.staffRequest = await readStaffRequest(deps, cookies, request);
      request.csrfOwner = request.staffRequest?.key ?? 'nobody';
    });
    for (const path of ['/', staffLinks.home])
      app.get(path, async ({ staffRequest }, reply) =>
        reply.redirect(staffRequest ? homeOf(staffRequest) : '/staff/sign-in'),
      );

    await app.register(async (open) => {
      open.addHook('preHandler', (request, reply, next) =>
        request.method === 'POST' ? app.csrfProtection(request, reply, next) : next(),
      );
      signInPages(open, deps, cookies);
      invitationPages(open, deps);
      forgotPages(open, tasks, staffForgotTexts, (email, address) => sendStaffRecovery(deps, email, address));
    });

    await app.register(async (signedIn) => {
      signedIn.addHook('preHandler', async (request, reply) => {
        if (request.staffRequest) return;
        // Returns only to GET requests, which change nothing.
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
      handoutPage(signedIn, deps);
      exportPage(signedIn, deps);
      planExport(signedIn, deps);
      emailMarketingPages(signedIn, deps);
      planPage(signedIn, deps);
      mailPreviewPages(signedIn, deps);
      await brandingPages(signedIn, deps);
      messagePage(signedIn, deps);
      mailActions(signedIn, deps);
      practicesPage(signedIn, deps);
      syncPages(signedIn, deps);
      runPage(signedIn, deps);
      taskPages(signedIn, deps);
      historyPage(signedIn, deps);
      peoplePages(signedIn, deps);
      tokenPages(signedIn, deps);
      ownPasswordPages(signedIn, deps, cookies);
    });

    await app.register(operatorPages(deps, cookies));
  };
}

const homeOf = ({ staff }: StaffRequest): string =>
  may(staff.role, 'run-machines') ? staffLinks.practices : staffLinks.petParents;
