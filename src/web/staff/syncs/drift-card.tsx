import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HeldField } from '../../../domain/decision/drift-hold.js';
import { driftHoldOf, heldByDrift, releaseDrift } from '../../../store/decisions/drift-hold.js';
import { enqueueEvaluation } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { Icon } from '../../ui/icons.js';
import { staffLinks, withQuery } from '../shell/routes.js';
import { redirectWithProblem, redirectWithMessage } from '../flash/flash-messages.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

/** Drifted fields of a practice's PIMS, and the number of clients on hold because of them. */
export interface HeldByDrift {
  fields: readonly HeldField[];
  clients: number;
}

/** Loads the drift hold of a practice; null if there is none. */
export async function loadHeldByDrift(deps: Pick<WebDeps, 'db'>, practiceId: string): Promise<HeldByDrift | null> {
  const fields = await driftHoldOf(deps.db, practiceId);
  return fields.length === 0 ? null : { fields, clients: await heldByDrift(deps.db, practiceId) };
}

/** Serves the action by which staff confirm a drifted field. */
export function driftActions(app: FastifyInstance, deps: WebDeps): void {
  app.post('/staff/syncs/drift-right', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'run-campaigns');
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

/** Shows the clients on hold because of drift, the reason, and the action that releases them. */
export function DriftHoldCard({ held }: { held: HeldByDrift }) {
  const clients = `${held.clients.toLocaleString('en-US')} ${held.clients === 1 ? 'client waits' : 'clients wait'}`;
  return (
    <section class="card section-gap" aria-labelledby="drift-hold">
      <h2 id="drift-hold">{clients} because a field changed for many clients at once</h2>
      <ul class="rows">
        {held.fields.map(({ sentence }, index) => (
          <li key={index}>{sentence}</li>
        ))}
      </ul>
      <p>
        Emails to these clients are neither sent nor recalled, and new clients affected by the field are not invited.
        The hold ends automatically once the field is as before. If the change was intended, confirm it: this also
        accepts that the field no longer shows deaths, opt-outs, inactive and deleted marks.
      </p>
      {useRight('run-campaigns') ? (
        <PracticeForm
          action="/staff/syncs/drift-right"
          class="actions-row section-gap"
          confirm="Evaluate these clients with the current data? Emails to clients who no longer match are recalled."
        >
          <button class="button">
            <Icon name="check" /> Confirm the change
          </button>
        </PracticeForm>
      ) : (
        <p class="hint">A manager or an owner of the practice can confirm it.</p>
      )}
    </section>
  );
}
