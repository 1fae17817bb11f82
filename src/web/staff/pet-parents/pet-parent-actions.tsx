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
import { askForMails, askForSync, askToSettle } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { staffLinks } from '../shell/routes.js';
import { personOf, type PersonPath } from './pet-parent.js';
import { mustBeAllowed, type Right } from '../team/rights.js';
import { orTellProblem, tell } from '../shell/flash-messages.js';
import { visitOf } from '../shell/staff-session.js';

const whoForm = z.object({ who: z.enum(['same-person', 'someone-else']), fingerprint: z.string().max(64) });

/** What staff do for one person. Each form comes back to the page with what happened. */
export function personActions(app: FastifyInstance, deps: WebDeps): void {
  const person = async (request: FastifyRequest, right: Right) => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, right);
    const details = await personOf(deps, visit, request.params as PersonPath);
    const { practiceId, pimsId } = details.line;
    return { visit, details, practiceId, pimsId, here: staffLinks.petParent(practiceId, pimsId) };
  };

  const resend = (fresh: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { visit, details, practiceId, here } = await person(request, 'help-person');
    const { accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'account-unknown', message: 'There is no account yet.' });
    return orTellProblem(reply, here, async () => {
      const { allowed } = visit;
      await deps.welcomes.resend({ accountId, practiceId, fresh, allowed }, visit.actor, deps.clock());
      await askForMails(deps);
      return tell(reply, here, fresh ? 'new-password-mailed' : 'resent');
    });
  };

  app.post('/staff/pet-parents/:practice/:client/resend', resend(false));
  app.post('/staff/pet-parents/:practice/:client/new-password', resend(true));

  app.post('/staff/pet-parents/:practice/:client/reset', async (request, reply) => {
    const { visit, details, practiceId, here } = await person(request, 'help-person');
    const { accountId } = details.line;
    if (!accountId) throw new Problem({ code: 'account-unknown', message: 'There is no account yet.' });
    const now = deps.clock();
    await deps.welcomes.oweWayIn(accountId, 'password-reset', visit.staff.name, now, practiceId);
    const act = { actor: visit.actor, action: 'password-reset-asked', practiceId, accountId } as const;
    await inTransaction(deps.db, (trx) =>
      recordOnAccount(trx, { ...act, details: { kind: 'password-reset' } }, now),
    );
    await askForMails(deps);
    return tell(reply, here, 'reset-mailed');
  });

  app.post('/staff/pet-parents/:practice/:client/address-works', async (request, reply) => {
    const { visit, details, practiceId, pimsId, here } = await person(request, 'help-person');
    const accountId = details.access.canSee ? details.line.accountId : null;
    return orTellProblem(reply, here, async () => {
      await releaseBounced(deps.db, { practiceId, pimsId, accountId }, visit.actor, deps.clock());
      await askToSettle(deps, practiceId);
      return tell(reply, here, 'address-released');
    });
  });

  const anyway = (yes: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { visit, practiceId, pimsId, here } = await person(request, 'help-person');
    const { reason } = parse(z.object({ reason: z.string().max(40) }), request.body);
    return orTellProblem(reply, here, async () => {
      const about = { practiceId, pimsId, reason, anyway: yes };
      await overrule(deps.db, visit.allowed, about, visit.actor, deps.clock());
      await askToSettle(deps, practiceId);
      return tell(reply, here, yes ? 'allowed-anyway' : 'not-allowed-anyway');
    });
  };

  app.post('/staff/pet-parents/:practice/:client/anyway', anyway(true));
  app.post('/staff/pet-parents/:practice/:client/not-anyway', anyway(false));

  app.post('/staff/pet-parents/:practice/:client/confirm-change', async (request, reply) => {
    const { visit, details, practiceId, pimsId, here } = await person(request, 'help-person');
    const { seen } = parse(z.object({ seen: z.string().max(64) }), request.body);
    return orTellProblem(reply, here, async () => {
      const about = { practiceId, pimsId, accountId: details.line.accountId, seen };
      await confirmUndone(deps.db, visit.allowed, about, visit.actor, deps.clock());
      await askToSettle(deps, practiceId);
      return tell(reply, here, 'change-confirmed');
    });
  });

  app.post('/staff/pet-parents/:practice/:client/who', async (request, reply) => {
    const { visit, practiceId, pimsId, here } = await person(request, 'settle-identity');
    const { who, fingerprint } = parse(whoForm, request.body);
    return orTellProblem(reply, here, async () => {
      const about = { practiceId, pimsId, fingerprint, who };
      await deps.identities.settle(visit.allowed, about, visit.actor, deps.clock());
      await askToSettle(deps, practiceId);
      return tell(reply, here, who);
    });
  });

  app.post('/staff/pet-parents/:practice/:client/resync', async (request, reply) => {
    const { visit, details, practiceId, pimsId } = await person(request, 'resync');
    const asked = { practiceId, kind: 'client' as const, by: visit.staff.name, clientReference: pimsId };
    const { runId } = await requestSync(deps.db, asked, deps.newId, deps.clock);
    const { accountId } = details.line;
    await record(
      deps.db,
      { actor: visit.actor, action: 'resync-asked', practiceId, accountId },
      deps.clock(),
    );
    await askForSync(deps, runId);
    return reply.redirect(`${staffLinks.run(practiceId, runId)}?client=${encodeURIComponent(pimsId)}`, 303);
  });
}
