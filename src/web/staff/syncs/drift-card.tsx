import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { HeldField } from '../../../domain/decision/drift-hold.js';
import { driftHoldOf, heldByDrift, releaseDrift } from '../../../store/decisions/drift-hold.js';
import { askToSettle } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { staffLinks, withQuery } from '../shell/routes.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { orTellProblem, tell } from '../shell/flash-messages.js';
import { visitOf, type Visit } from '../shell/staff-session.js';

/** Fields of a practice's PIMS that drifted, and how many clients wait because of them. */
export interface HeldByDrift {
  fields: readonly HeldField[];
  clients: number;
}

/** Null when nobody waits because of a field. */
export async function loadHeldByDrift(
  deps: Pick<WebDeps, 'db'>,
  practiceId: string,
): Promise<HeldByDrift | null> {
  const fields = await driftHoldOf(deps.db, practiceId);
  return fields.length === 0 ? null : { fields, clients: await heldByDrift(deps.db, practiceId) };
}

/** Staff say that a field is right as it is now. */
export function driftActions(app: FastifyInstance, deps: WebDeps): void {
  app.post('/staff/syncs/drift-right', async (request, reply) => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, 'run-waves');
    const { practice } = parse(z.object({ practice: z.string() }), request.body);
    const practiceId = visit.allowed.require(practice);
    const here = withQuery(staffLinks.syncs, { practice: practiceId });
    return orTellProblem(reply, here, async () => {
      const clients = await releaseDrift(deps.db, visit.allowed, { practiceId }, visit.actor, deps.clock());
      await askToSettle(deps, practiceId);
      return tell(reply, here, 'drift-released', { n: clients });
    });
  });
}

/** What waits because of a field, why, and the way to let it go on. */
export function DriftHoldCard(props: { visit: Visit; practiceId: string; csrf: string; held: HeldByDrift }) {
  const { held, visit, practiceId } = props;
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
        Their mail is neither sent nor taken back, and new clients whom it touches are not invited. It ends by
        itself once the field is as it was before. If it was meant to change, say so: that also confirms every
        death, opt-out, inactive and deleted mark that the field no longer shows.
      </p>
      {may(visit.staff.role, 'run-waves') ? (
        <PostForm
          action="/staff/syncs/drift-right"
          csrf={props.csrf}
          class="actions-row section-gap"
          confirm="Decide these clients by what the practice system says now? Mail to those who no longer fit is taken back."
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
