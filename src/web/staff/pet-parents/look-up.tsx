import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { record } from '../../../store/access/audit.js';
import { requestSync } from '../../../store/sync-runs/sync-runs.js';
import { enqueueSync } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { Field } from '../../ui/form.js';
import { staffLinks } from '../shell/routes.js';
import { PracticeForm } from '../shell/practice-form.js';
import { useRight } from '../shell/staff-context.js';
import { staffRequestOf } from '../shell/staff-session.js';

const lookUpPath = '/staff/pet-parents/look-up';

const lookUpForm = z.object({
  practice: z.string(),
  number: z.string().trim().min(1).max(128),
});

/** Reads a client that no sync has read yet, by the client number in the PIMS. */
export function lookUp(app: FastifyInstance, deps: WebDeps): void {
  app.post(lookUpPath, async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'resync');
    const { practice, number } = parse(lookUpForm, request.body);
    const practiceId = staffRequest.allowed.require(practice);
    const asked = { practiceId, kind: 'client' as const, by: staffRequest.staff.name, clientReference: number };
    const { runId } = await requestSync(deps.db, asked, deps.newId, deps.clock);
    const details = { client: number };
    await record(deps.db, { actor: staffRequest.actor, action: 'resync-requested', practiceId, details }, deps.clock());
    await enqueueSync(deps, runId);
    return reply.redirect(staffLinks.run(practiceId, runId), 303);
  });
}

/** Offers to read a client by number after a search without results: a client entered today is synced only at night. */
export function LookUpForm({ typed }: { typed: string }) {
  if (!useRight('resync')) return null;
  return (
    <PracticeForm action={lookUpPath} class="look-up">
      <Field
        label="Entered today? Look for client number"
        name="number"
        value={/\d/.test(typed) ? typed.slice(0, 128) : ''}
        maxlength={128}
        autocomplete="off"
        hint="The number in the practice software. This reads the client now; the nightly sync reads all other clients."
      />
      <button class="button">Look up in the practice software</button>
    </PracticeForm>
  );
}
