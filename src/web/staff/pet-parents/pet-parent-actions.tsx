import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../../lib/problem.js';
import { recordOnAccount } from '../../../store/accounts/account-access.js';
import { record } from '../../../store/access/audit.js';
import { inTransaction } from '../../../store/db/database.js';
import { overrule } from '../../../store/decisions/overrides.js';
import { releaseBounced } from '../../../store/messages/suppressions.js';
import { requestSync } from '../../../store/sync-runs/sync-runs.js';
import { confirmUndone } from '../../../store/decisions/undone-facts.js';
import { enqueueDispatch, enqueueSync } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { staffLinks } from '../shell/routes.js';
import { clientForm, type ClientForm } from './client-form.js';
import { personOf, type PersonPath } from './pet-parent.js';
import type { Right } from '../team/rights.js';
import { redirectWithProblem, redirectWithMessage } from '../flash/flash-messages.js';
import { staffRequestOf } from '../shell/staff-session.js';

const whoForm = z.object({ who: z.enum(['same-person', 'someone-else']), fingerprint: z.string().max(64) });

/** Serves the actions of staff for one pet parent. Each form redirects to the page with a flash message. */
export function personActions(app: FastifyInstance, deps: WebDeps): void {
  const person = async (request: FastifyRequest, right: Right) => {
    const staffRequest = staffRequestOf(request, right);
    const details = await personOf(deps, staffRequest, request.params as PersonPath);
    const { practiceId, pimsId } = details.line;
    return { staffRequest, details, practiceId, pimsId, here: staffLinks.petParent(practiceId, pimsId) };
  };

  const resend = (fresh: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { staffRequest, details, practiceId, here } = await person(request, 'help-person');
    const { accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'account-unknown', message: 'There is no account yet.' });
    return redirectWithProblem(reply, here, async () => {
      const { allowed } = staffRequest;
      await deps.messages.resend({ accountId, practiceId, fresh, allowed }, staffRequest.actor, deps.clock());
      await enqueueDispatch(deps);
      return redirectWithMessage(reply, here, fresh ? 'new-password-mailed' : 'resent');
    });
  };

  app.post('/staff/pet-parents/:practice/:client/resend', resend(false));
  app.post('/staff/pet-parents/:practice/:client/new-password', resend(true));

  app.post('/staff/pet-parents/:practice/:client/reset', async (request, reply) => {
    const { staffRequest, details, practiceId, here } = await person(request, 'help-person');
    const { accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'account-unknown', message: 'There is no account yet.' });
    const now = deps.clock();
    await deps.messages.queueAccountRecovery(accountId, 'password-reset', staffRequest.staff.name, now, practiceId);
    const act = { actor: staffRequest.actor, action: 'password-reset-requested', practiceId, accountId } as const;
    await inTransaction(deps.db, (trx) => recordOnAccount(trx, { ...act, details: { kind: 'password-reset' } }, now));
    await enqueueDispatch(deps);
    return redirectWithMessage(reply, here, 'reset-mailed');
  });

  const personIn = ({ request, staffRequest }: ClientForm) =>
    personOf(deps, staffRequest, request.params as PersonPath);

  clientForm(app, deps, { path: 'address-works', right: 'help-person' }, async (form) => {
    const { practiceId, pimsId, staffRequest } = form;
    const { access, line } = await personIn(form);
    const about = { practiceId, pimsId, accountId: access.canSee ? line.accountId : null };
    await releaseBounced(deps.db, about, staffRequest.actor, deps.clock());
    return 'address-released';
  });

  for (const anyway of [true, false]) {
    const path = anyway ? 'anyway' : 'not-anyway';
    clientForm(app, deps, { path, right: 'help-person' }, async (form) => {
      const { practiceId, pimsId, staffRequest, request } = form;
      await personIn(form);
      const { reason } = parse(z.object({ reason: z.string().max(40) }), request.body);
      const about = { practiceId, pimsId, reason, anyway };
      await overrule(deps.db, staffRequest.allowed, about, staffRequest.actor, deps.clock());
      return anyway ? 'allowed-anyway' : 'not-allowed-anyway';
    });
  }

  clientForm(app, deps, { path: 'confirm-change', right: 'help-person' }, async (form) => {
    const { practiceId, pimsId, staffRequest, request } = form;
    const { accountId } = (await personIn(form)).line;
    const { seen } = parse(z.object({ seen: z.string().max(64) }), request.body);
    const about = { practiceId, pimsId, accountId, seen };
    await confirmUndone(deps.db, staffRequest.allowed, about, staffRequest.actor, deps.clock());
    return 'change-confirmed';
  });

  clientForm(app, deps, { path: 'who', right: 'settle-identity' }, async (form) => {
    const { practiceId, pimsId, staffRequest, request } = form;
    await personIn(form);
    const { who, fingerprint } = parse(whoForm, request.body);
    const about = { practiceId, pimsId, fingerprint, who };
    await deps.identities.resolve(staffRequest.allowed, about, staffRequest.actor, deps.clock());
    return who;
  });

  app.post('/staff/pet-parents/:practice/:client/resync', async (request, reply) => {
    const { staffRequest, details, practiceId, pimsId } = await person(request, 'resync');
    const asked = { practiceId, kind: 'client' as const, by: staffRequest.staff.name, clientReference: pimsId };
    const { runId } = await requestSync(deps.db, asked, deps.newId, deps.clock);
    const { accountId } = details.line;
    await record(
      deps.db,
      { actor: staffRequest.actor, action: 'resync-requested', practiceId, accountId },
      deps.clock(),
    );
    await enqueueSync(deps, runId);
    return reply.redirect(`${staffLinks.run(practiceId, runId)}?client=${encodeURIComponent(pimsId)}`, 303);
  });
}
