import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HeldField } from '../../../domain/decision/drift-hold.js';
import { driftHoldOf, heldByDrift, releaseDrift } from '../../../store/decisions/drift-hold.js';
import { enqueueEvaluation } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { staffLinks, withQuery } from '../shell/routes.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { redirectWithProblem, redirectWithMessage } from '../shell/flash-messages.js';
import { staffRequestOf, type StaffRequest } from '../shell/staff-session.js';

/** Fields of a practice's PIMS that drifted, and how many clients wait because of them. */
export interface HeldByDrift {
  fields: readonly HeldField[];
  clients: number;
}

/** Null when nobody waits because of a field. */
export async function loadHeldByDrift(deps: Pick<WebDeps, 'db'>, practiceId: string): Promise<HeldByDrift | null> {
  const fields = await driftHoldOf(deps.db, practiceId);
  return fields.length === 0 ? null : { fields, clients: await heldByDrift(deps.db, practiceId) };
}

/** Staff say that a field is right as it is now. */
export function driftActions(app: FastifyInstance, deps: WebDeps): void {
  app.post('/staff/syncs/drift-right', async (request, reply) => {
    const staffRequest = staffRequestOf(request);
    mustBeAllowed(staffRequest.staff.role, 'run-waves');
    const { practice } = parse(z.object({ practice: z.string() }), request.body);
    const practiceId = staffRequest.allowed.require(practice);
    const here = withQuery(staffLinks.syncs, { practice: practiceId });
    return redirectWithProblem(reply, here, async () => {
      const clients = await releaseDrift(
        deps.db,
        staffRequest.allowed,
        { practiceId },
        staffRequest.actor,
        deps.clock(),
      );
      await enqueueEvaluation(deps, practiceId);
      return redirectWithMessage(reply, here, 'drift-released', { n: clients });
    });
  });
}

/** What waits because of a field, why, and the way to let it go on. */
export function DriftHoldCard(props: {
  staffRequest: StaffRequest;
  practiceId: string;
  csrf: string;
  held: HeldByDrift;
}) {
  const { held, staffRequest, practiceId } = props;
  const clients = `${held.clients.toLocaleString('en-US')} ${held.clients === 1 ? 'client waits' : 'clients wait'}`;
  return (
    <section class="card section-gap" aria-labelledby="drift-hold">
      <h2 id="drift-hold">{clients} because a field changed for many at once</h2>
      <ul class="rows">
        {held.fields.map(({ sentence }, index) => (
          <li key={index}>{sentence}</li>
        ))}
      </ul>
      <p>
        Their mail is neither sent nor recalled, and new clients who it touches are not invited. It ends by itself once
        the field is as it was before. If it was meant to change, say so: that also confirms every death, opt-out,
        inactive and deleted mark that the field no longer shows.
      </p>
      {may(staffRequest.staff.role, 'run-waves') ? (
        <PostForm
          action="/staff/syncs/drift-right"
          csrf={props.csrf}
          class="actions-row section-gap"
          confirm="Decide these clients by what the practice software says now? Mail to those who no longer fit is recalled."
        >
          <input type="hidden" name="practice" value={practiceId} />
          <button class="button">
            <Icon name="check" /> This is right: go by it
          </button>
        </PostForm>
      ) : (
        <p class="hint">A manager or an owner of the practice can say so.</p>
      )}
    </section>
  );
}
