import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AllowedPractices } from '../../../store/access/allowed-practices.js';
import { record } from '../../../store/access/audit.js';
import { wholePlan } from '../../../store/decisions/invite-plan.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { reasonTitle } from '../../ui/state-words.js';
import { staffLinks } from '../shell/routes.js';
import { sendCsv } from '../shell/csv-reply.js';
import { staffRequestOf } from '../shell/staff-session.js';

const pageSize = 1000;
const head = ['Client number', 'Name', 'Email', 'Verdict', 'Reason', 'Explanation', 'Decided at'];
const verdicts = { invite: 'invite', hold: 'on hold', skip: 'not invited' } as const;

/** Exports the invite plan as CSV: every client with the reason. Records the export in the history. */
export function planExport(app: FastifyInstance, deps: WebDeps): void {
  app.post(`${staffLinks.plan}.csv`, async (request, reply) => {
    const staffRequest = staffRequestOf(request, 'export-list');
    const { practice } = parse(z.object({ practice: z.string() }), request.body);
    const practiceId = staffRequest.allowed.require(practice);
    const details = { state: 'invite plan', address: staffRequest.address };
    await record(deps.db, { actor: staffRequest.actor, action: 'list-exported', practiceId, details }, deps.clock());
    return sendCsv(reply, `invite-plan-${practiceId}`, head, pages(deps, staffRequest.allowed, practiceId));
  });
}

async function* pages({ db }: WebDeps, allowed: AllowedPractices, practiceId: string) {
  for (let after: string | null = null; ;) {
    const people: Awaited<ReturnType<typeof wholePlan>> = await wholePlan(db, allowed, practiceId, after, pageSize);
    yield people.map((one) => [
      one.displayId ?? one.pimsId,
      one.name,
      one.email,
      verdicts[one.verdict],
      reasonTitle(one.reason),
      one.sentence,
      one.decidedAt?.toISOString(),
    ]);
    const last = people.at(-1);
    if (!last || people.length < pageSize) return;
    after = last.pimsId;
  }
}
