import { z } from 'zod';
import type { WebDeps } from '../deps.js';
import { loadPlan } from '../views/invite-plan.js';
import { reasonTitle } from '../ui/state-words.js';
import { route } from './route.js';

const when = z.iso.datetime();

const planSchema = z.object({
  complete: z.boolean().meta({ description: 'False until a sync has read every client once.' }),
  approvedAt: when.nullable(),
  approvedBy: z.string().nullable(),
  mayBeApproved: z.boolean().meta({
    description: 'False until a sync has read every client once, while a sync is reading, and after a safety stop.',
  }),
  waiting: z.number().nullable().meta({
    description:
      'Number of clients an approval would invite; null if no approval is needed. If each approval covers only the clients known at that time, this counts the clients added since.',
  }),
  addresses: z.number().nullable().meta({ description: 'Number of addresses these invitations would go to.' }),
  changedSince: when.nullable().meta({
    description: 'Start of the last sync; `changed` counts from then. Null without an earlier sync.',
  }),
  dataFrom: when.optional().meta({
    description: 'Start of the full scan behind this plan; absent until the first full scan has finished.',
  }),
  reasons: z.array(
    z.object({
      code: z.string(),
      title: z.string(),
      verdict: z.enum(['invite', 'hold', 'skip']),
      clients: z.number(),
      changed: z.number().nullable(),
    }),
  ),
});

export const planRoutes = (deps: WebDeps) => [
  route({
    id: 'readPlan',
    method: 'get',
    path: '/v1/plan',
    tag: 'Pet parents',
    summary: 'Read the invite plan: invited and not invited clients, by reason',
    description:
      'The decisions of the last sync; this request writes nothing. `GET /v1/pet-parents` lists the clients, and `pims-sync plan` reads the practice software again.',
    auth: 'pet-parents:read',
    answers: { 200: { description: 'The current plan.', body: planSchema } },
    async handle({ caller }) {
      const { practiceId, allowed } = caller;
      const { counts, state, whole, approvable, changes, waiting, dataFrom } = await loadPlan(
        deps,
        allowed,
        practiceId,
      );
      const body = {
        complete: whole,
        approvedAt: state.approvedAt?.toISOString() ?? null,
        approvedBy: state.approvedBy,
        mayBeApproved: approvable,
        waiting: waiting?.clients ?? null,
        addresses: waiting?.addresses ?? null,
        changedSince: changes?.since.toISOString() ?? null,
        ...(dataFrom ? { dataFrom: dataFrom.toISOString() } : {}),
        reasons: counts.map(({ reason, verdict, count }) => ({
          code: reason,
          title: reasonTitle(reason),
          verdict,
          clients: count,
          changed: changes ? (changes.by.get(reason) ?? 0) : null,
        })),
      };
      return { status: 200, body };
    },
  }),
];
