import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { messageCounts, practiceMailState } from '../../../store/messages/email-marketing.js';
import { whyNotApprovable } from '../../../store/sync-runs/practices.js';
import type { MessageStatus } from '../../../domain/message/message-status.js';
import { enqueueDispatch, enqueueEvaluation } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { practiceQuery, staffLinks, withQuery } from '../shell/routes.js';
import { approvalLimit } from '../../views/invite-plan.js';
import type { Right } from '../team/rights.js';
import { redirectWithProblem, redirectWithMessage } from '../flash/flash-messages.js';
import { staffRequestOf } from '../shell/staff-session.js';
import { mailFor, type MessagePath } from './message.js';

/** Statuses of emails that went, or may have gone, to Amazon SES. */
const goneOut = [
  'sending',
  'uncertain',
  'accepted',
  'delivered',
  'delayed',
  'bounced',
  'complained',
] as const satisfies readonly MessageStatus[];

/** Serves the actions of staff on emails, for a single email and for all emails of a practice. */
export function mailActions(app: FastifyInstance, deps: WebDeps): void {
  const { db, clock, campaigns } = deps;

  /** Returns the practice of a form. @throws Problem if it is not one of the visitor's */
  const campaignOf = (request: FastifyRequest, right: Right = 'run-campaigns') => {
    const staffRequest = staffRequestOf(request, right);
    const { practice } = parse(z.object({ practice: z.string() }), request.body);
    const practiceId = staffRequest.allowed.require(practice);
    return { staffRequest, practiceId, list: withQuery(staffLinks.emailMarketing, practiceQuery(staffRequest)) };
  };

  app.post('/staff/email-marketing/approve', async (request, reply) => {
    const { staffRequest, practiceId, list } = campaignOf(request);
    const limit = approvalLimit(deps.practice(practiceId), clock());
    const whyNot = await whyNotApprovable(db, practiceId, limit);
    if (whyNot) return redirectWithMessage(reply, list, whyNot);
    await campaigns.approve(practiceId, staffRequest.actor, clock());
    await enqueueEvaluation(deps, practiceId);
    await enqueueDispatch(deps);
    const { pausedAt: paused } = await practiceMailState(db, staffRequest.allowed, practiceId);
    const info = deps.practice(practiceId);
    const going = info?.welcome === 'manual' ? 'approved-manual' : 'approved';
    return redirectWithMessage(
      reply,
      list,
      paused ? 'approved-paused' : (info?.careful ?? true) ? 'approved-careful' : going,
    );
  });

  app.post('/staff/email-marketing/pause', async (request, reply) => {
    const { staffRequest, practiceId, list } = campaignOf(request);
    await campaigns.pause(practiceId, `Paused by ${staffRequest.staff.name}.`, staffRequest.actor, clock());
    return redirectWithMessage(reply, list, 'paused');
  });

  app.post('/staff/email-marketing/resume', async (request, reply) => {
    const { staffRequest, practiceId, list } = campaignOf(request);
    await campaigns.resume(practiceId, staffRequest.actor, clock());
    await enqueueDispatch(deps);
    return redirectWithMessage(reply, list, 'resumed');
  });

  app.post('/staff/email-marketing/recall', async (request, reply) => {
    const { staffRequest, practiceId, list } = campaignOf(request);
    const count = await campaigns.recall(practiceId, staffRequest.actor, clock());
    const counts = await messageCounts(db, staffRequest.allowed, practiceId);
    const gone = goneOut.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return redirectWithMessage(reply, list, count > 0 ? 'recalled' : 'nothing-recalled', { n: count, m: gone });
  });

  app.post('/staff/email-marketing/resend-rest', async (request, reply) => {
    const { staffRequest, practiceId, list } = campaignOf(request);
    const { rest } = parse(z.object({ rest: z.enum(['not-sent', 'not-logged-in']) }), request.body);
    const minutes = deps.practice(practiceId)?.resendCoolDownMinutes ?? 60;
    const count = await campaigns.resendRest(practiceId, rest, minutes, staffRequest.actor, clock());
    await enqueueDispatch(deps);
    if (count === 0) return redirectWithMessage(reply, list, 'nothing-to-resend');
    const { pausedAt: paused } = await practiceMailState(db, staffRequest.allowed, practiceId);
    return redirectWithMessage(reply, list, paused ? 'resent-rest-paused' : 'resent-rest', { n: count });
  });

  const mailOf = async (request: FastifyRequest) => {
    const staffRequest = staffRequestOf(request, 'help-person');
    const { line } = await mailFor(deps, staffRequest, request.params as MessagePath);
    return { staffRequest, line, here: staffLinks.message(line.practiceId, line.id) };
  };

  app.post('/staff/email-marketing/:practice/:message/resend', async (request, reply) => {
    const { staffRequest, line, here } = await mailOf(request);
    const { accountId, practiceId } = line;
    return redirectWithProblem(reply, here, async () => {
      const id = await deps.messages.resend({ accountId, practiceId, fresh: false }, staffRequest.actor, clock());
      await enqueueDispatch(deps);
      return redirectWithMessage(reply, staffLinks.message(practiceId, id), 'resent');
    });
  });

  app.post('/staff/email-marketing/:practice/:message/resolve', async (request, reply) => {
    const { staffRequest, line, here } = await mailOf(request);
    const { arrived } = parse(z.object({ arrived: z.enum(['yes', 'no']) }), request.body);
    const report = {
      messageId: line.id,
      practiceId: line.practiceId,
      as: arrived === 'yes' ? ('sent' as const) : ('not-sent' as const),
      afterMinutes: deps.settings.uncertainMinutes,
    };
    return redirectWithProblem(reply, here, async () => {
      const state = await campaigns.resolveUncertain(report, staffRequest.actor, clock());
      if (state === 'queued') await enqueueDispatch(deps);
      return redirectWithMessage(reply, here, state === 'canceled' ? 'resolved-replaced' : 'resolved');
    });
  });
}
