import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebDeps } from '../../deps.js';
import { enqueueEvaluation } from '../../enqueue.js';
import { redirectWithMessage, redirectWithProblem, type FlashCode } from '../flash/flash-messages.js';
import { staffLinks } from '../shell/routes.js';
import { staffRequestOf, type StaffRequest } from '../shell/staff-session.js';
import type { Right } from '../team/rights.js';

/** A form about one client, sent by staff with the right to it. */
export interface ClientForm {
  request: FastifyRequest;
  staffRequest: StaffRequest;
  practiceId: string;
  pimsId: string;
}

/**
 * Serves a form on the page of a client that changes a decision: acts, enqueues the evaluation of the practice, and
 * returns to the page with a message.
 *
 * @param act returns the code of the message
 */
export function clientForm(
  app: FastifyInstance,
  deps: WebDeps,
  { path, right }: { path: string; right: Right },
  act: (form: ClientForm) => Promise<FlashCode>,
): void {
  app.post(`/staff/pet-parents/:practice/:client/${path}`, async (request, reply) => {
    const staffRequest = staffRequestOf(request, right);
    const { practice, client: pimsId } = request.params as { practice: string; client: string };
    const practiceId = staffRequest.allowed.require(practice);
    const here = staffLinks.petParent(practiceId, pimsId);
    return redirectWithProblem(reply, here, async () => {
      const message = await act({ request, staffRequest, practiceId, pimsId });
      await enqueueEvaluation(deps, practiceId);
      return redirectWithMessage(reply, here, message);
    });
  });
}
