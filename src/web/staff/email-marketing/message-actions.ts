import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mailCounts, practiceMailState } from '../../../store/messages/email-marketing.js';
import { whyNotApprovable } from '../../../store/sync-runs/practices.js';
import type { WelcomeState } from '../../../store/db/tables.js';
import { askForMails, askToSettle } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { approvalLimit } from '../syncs/plan-view.js';
import { mustBeAllowed, type Right } from '../team/rights.js';
import { orTellProblem, tell } from '../shell/flash-messages.js';
import { visitOf } from '../shell/staff-session.js';
import { mailFor, type WelcomePath } from './message.js';

/** In the hands of Amazon SES, or beyond them; or nobody knows. */
const goneOut = [
  'sending',
  'uncertain',
  'accepted',
  'delivered',
  'delayed',
  'bounced',
  'complained',
] as const satisfies readonly WelcomeState[];

/** What staff do about mails: one by one, and all of a practice's at once. */
export function mailActions(app: FastifyInstance, deps: WebDeps): void {
  const { db, clock, waves } = deps;

  /** The practice of a form: it must be one of the visitor's, or nothing happens. */
  const waveOf = (request: FastifyRequest, right: Right = 'run-waves') => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, right);
    const { practice } = parse(z.object({ practice: z.string() }), request.body);
    const practiceId = visit.allowed.require(practice);
    return { visit, practiceId, list: withQuery(staffLinks.emailMarketing, practiceQuery(visit)) };
  };

  app.post('/staff/email-marketing/approve', async (request, reply) => {
    const { visit, practiceId, list } = waveOf(request);
    const limit = approvalLimit(deps.practice(practiceId), clock());
    const whyNot = await whyNotApprovable(db, practiceId, limit);
    if (whyNot) return tell(reply, list, whyNot);
    await waves.approve(practiceId, visit.actor, clock());
    await askToSettle(deps, practiceId);
    await askForMails(deps);
    const { mail_paused_at: paused } = await practiceMailState(db, visit.allowed, practiceId);
    const info = deps.practice(practiceId);
    const going = info?.welcome === 'manual' ? 'approved-manual' : 'approved';
    return tell(
      reply,
      list,
      paused ? 'approved-paused' : (info?.careful ?? true) ? 'approved-careful' : going,
    );
  });

  app.post('/staff/email-marketing/pause', async (request, reply) => {
    const { visit, practiceId, list } = waveOf(request);
    await waves.pause(practiceId, `Paused by ${visit.staff.name}.`, visit.actor, clock());
    return tell(reply, list, 'paused');
  });

  app.post('/staff/email-marketing/resume', async (request, reply) => {
    const { visit, practiceId, list } = waveOf(request);
    await waves.resume(practiceId, visit.actor, clock());
    await askForMails(deps);
    return tell(reply, list, 'resumed');
  });

  app.post('/staff/email-marketing/recall', async (request, reply) => {
    const { visit, practiceId, list } = waveOf(request);
    const count = await waves.recall(practiceId, visit.actor, clock());
    const counts = await mailCounts(db, visit.allowed, practiceId);
    const gone = goneOut.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return tell(reply, list, count > 0 ? 'recalled' : 'nothing-recalled', { n: count, m: gone });
  });

  app.post('/staff/email-marketing/resend-rest', async (request, reply) => {
    const { visit, practiceId, list } = waveOf(request);
    const { rest } = parse(z.object({ rest: z.enum(['not-sent', 'not-logged-in']) }), request.body);
    const minutes = deps.practice(practiceId)?.resendCoolDownMinutes ?? 60;
    const count = await waves.resendRest(practiceId, rest, minutes, visit.actor, clock());
    await askForMails(deps);
    if (count === 0) return tell(reply, list, 'nothing-to-resend');
    const { mail_paused_at: paused } = await practiceMailState(db, visit.allowed, practiceId);
    return tell(reply, list, paused ? 'resent-rest-paused' : 'resent-rest', { n: count });
  });

  const mailOf = async (request: FastifyRequest) => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, 'help-person');
    const { line } = await mailFor(deps, visit, request.params as WelcomePath);
    return { visit, line, here: staffLinks.welcome(line.practiceId, line.id) };
  };

  app.post('/staff/email-marketing/:practice/:welcome/resend', async (request, reply) => {
    const { visit, line, here } = await mailOf(request);
    const { accountId, practiceId } = line;
    return orTellProblem(reply, here, async () => {
      const id = await deps.welcomes.resend({ accountId, practiceId, fresh: false }, visit.actor, clock());
      await askForMails(deps);
      return tell(reply, staffLinks.welcome(practiceId, id), 'resent');
    });
  });

  app.post('/staff/email-marketing/:practice/:welcome/settle', async (request, reply) => {
    const { visit, line, here } = await mailOf(request);
    const { arrived } = parse(z.object({ arrived: z.enum(['yes', 'no']) }), request.body);
    const settled = {
      welcomeId: line.id,
      practiceId: line.practiceId,
      as: arrived === 'yes' ? ('sent' as const) : ('not-sent' as const),
      afterMinutes: deps.settings.uncertainMinutes,
    };
    return orTellProblem(reply, here, async () => {
      const state = await waves.settleUncertain(settled, visit.actor, clock());
      if (state === 'owed') await askForMails(deps);
      return tell(reply, here, state === 'withdrawn' ? 'settled-replaced' : 'settled');
    });
  });
}
