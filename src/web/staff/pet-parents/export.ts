import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AllowedPractices } from '../../../store/access/allowed-practices.js';
import { record } from '../../../store/access/audit.js';
import { listPetParents, type StateFilter } from '../../../store/pet-parents/pet-parent-list.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { reasonTitle, stateFilters, stateWords } from '../../ui/state-words.js';
import { sendCsv } from '../shell/csv-reply.js';
import { staffRequestOf } from '../shell/staff-session.js';

const pageSize = 500;
const head = ['Client number', 'First name', 'Last name', 'Email', 'Phone', 'Pets', 'State', 'Reason', 'Last log-in'];

const exportForm = z.object({
  practice: z.string(),
  state: z
    .enum(stateFilters.map(({ id }) => id) as [StateFilter, ...StateFilter[]])
    .nullable()
    .catch(null),
});

/** Exports the list as CSV, without passwords. Records the export in the history. */
export function exportPage(app: FastifyInstance, deps: WebDeps): void {
  app.post('/staff/pet-parents.csv', async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'export-list');
    const { practice, state } = parse(exportForm, request.body);
    const practiceId = staffRequest.allowed.require(practice);
    const details = { state: state ?? 'everyone', address: staffRequest.address };
    await record(deps.db, { actor: staffRequest.actor, action: 'list-exported', practiceId, details }, deps.clock());
    return sendCsv(reply, `pet-parents-${practiceId}`, head, pages(deps, staffRequest.allowed, practiceId, state));
  });
}

async function* pages(deps: WebDeps, allowed: AllowedPractices, practiceId: string, state: StateFilter | null) {
  for (let after: string | null = null; ;) {
    const list = { practiceId, state, after, limit: pageSize };
    const page: Awaited<ReturnType<typeof listPetParents>> = await listPetParents(deps.db, allowed, list, deps.clock());
    yield page.lines.map((line) => [
      line.displayId,
      line.firstName,
      line.lastName ?? line.name,
      line.email,
      line.phone,
      line.pets.join(', '),
      stateWords[line.state].name,
      line.accountId === null && line.reason ? reasonTitle(line.reason) : '',
      line.lastLoginAt?.toISOString().slice(0, 10),
    ]);
    if (page.next === null) return;
    after = page.next;
  }
}
