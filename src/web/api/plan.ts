import { z } from 'zod';
import type { WebDeps } from '../deps.js';
import { loadPlan } from '../staff/syncs/plan-view.js';
import { reasonTitle } from '../ui/state-words.js';
import { route } from './route.js';

const when = z.iso.datetime();

const planSchema = z.object({
  complete: z.boolean().meta({ description: 'False until every client has been read once.' }),
  approvedAt: when.nullable(),
  approvedBy: z.string().nullable(),
  mayBeApproved: z.boolean().meta({
    description: 'Not before every client was read once, while a sync is reading, nor after its safety stop.',
  }),
  waiting: z.number().nullable().meta({
    description:
      'How many clients an approval would invite; null when none is needed. Where each approval counts only for the clients known then, those who came since.',
  }),
  addresses: z.number().nullable().meta({ description: 'To how many addresses these invitations would go.' }),
  changedSince: when.nullable().meta({
    description: 'When the last sync began, with which `changed` is counted; null without an earlier one.',
  }),
  dataFrom: when.optional().meta({
    description: 'When the scan began that the plan is made from; absent before the first that finished.',
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
    summary: 'The invite plan: how many clients are invited and how many not, by reason',
    description:
      'As the last sync decided, without writing anything. `GET /v1/pet-parents` lists who they are, and `pims-sync plan` reads the practice software again.',
    auth: 'pet-parents:read',
    answers: { 200: { description: 'As it stands now.', body: planSchema } },
    async handle({ caller }) {
      const { practiceId, allowed } = caller;
      const { counts, state, whole, approvable, changes, waiting, dataFrom } = await loadPlan(
        deps,
        allowed,
        practiceId,
      );
      const body = {
        complete: whole,
        approvedAt: state.approved_at?.toISOString() ?? null,
        approvedBy: state.approved_by,
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
