import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { record } from '../../../store/access/audit.js';
import { requestSync } from '../../../store/sync-runs/sync-runs.js';
import { askForSync } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { Field, PostForm } from '../../ui/form.js';
import { staffLinks } from '../shell/routes.js';
import { may, mustBeAllowed } from '../team/rights.js';
import { visitOf, type Visit } from '../shell/staff-session.js';

const lookUpPath = '/staff/pet-parents/look-up';

const lookUpForm = z.object({
  practice: z.string(),
  number: z.string().trim().min(1).max(128),
});

/** Fetches a client whom no sync has read yet, by the number in the practice's system. */
export function lookUp(app: FastifyInstance, deps: WebDeps): void {
  app.post(lookUpPath, async (request, reply) => {
    const visit = visitOf(request);
    mustBeAllowed(visit.staff.role, 'resync');
    const { practice, number } = parse(lookUpForm, request.body);
    const practiceId = visit.allowed.require(practice);
    const asked = { practiceId, kind: 'client' as const, by: visit.staff.name, clientReference: number };
    const { runId } = await requestSync(deps.db, asked, deps.newId, deps.clock);
    const details = { client: number };
    await record(deps.db, { actor: visit.actor, action: 'resync-asked', practiceId, details }, deps.clock());
    await askForSync(deps, runId);
    return reply.redirect(staffLinks.run(practiceId, runId), 303);
  });
}

/** Beside a search that found nobody: someone entered today is not here before tonight. */
export function LookUpForm({ visit, csrf, typed }: { visit: Visit; csrf: string; typed: string }) {
  if (!visit.practice || !may(visit.staff.role, 'resync')) return null;
  return (
    <PostForm action={lookUpPath} csrf={csrf} class="look-up">
      <input type="hidden" name="practice" value={visit.practice.id} />
      <Field
        label="Entered today? Look for client number"
        name="number"
        value={/\d/.test(typed) ? typed.slice(0, 128) : ''}
        maxlength={128}
        autocomplete="off"
        hint="As the practice’s system shows it. The client is read from there now; everyone else comes tonight."
      />
      <button class="button">Look in the practice’s system</button>
    </PostForm>
  );
}
