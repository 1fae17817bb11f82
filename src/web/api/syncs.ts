import { z } from 'zod';
import { idPattern } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import { latestRuns, loadRun, requestSync, type SyncRun } from '../../store/sync-runs/sync-runs.js';
import { enqueueSync } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { isOver } from '../ui/sync-words.js';
import { route } from './route.js';

const when = z.iso.datetime();

const runSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.string(),
  over: z.boolean(),
  requestedAt: when,
  requestedBy: z.string().nullable(),
  finishedAt: when.nullable(),
  counts: z.record(z.string(), z.number()),
  reasons: z.record(z.string(), z.number()),
  error: z.object({ code: z.string(), message: z.string().nullable(), help: z.string().nullable() }).nullable(),
});

export const syncRoutes = (deps: WebDeps) => [
  route({
    id: 'listSyncs',
    method: 'get',
    path: '/v1/syncs',
    tag: 'Syncs',
    summary: 'List the latest syncs of the practice, newest first',
    auth: 'syncs:read',
    answers: { 200: { description: 'At most 30 syncs.', body: z.object({ syncs: z.array(runSchema) }) } },
    async handle({ caller }) {
      const runs = await latestRuns(deps.db, caller.practiceId, 30, ['nightly', 'resync', 'client']);
      return { status: 200, body: { syncs: runs.map(asJson) } };
    },
  }),
  route({
    id: 'readSync',
    method: 'get',
    path: '/v1/syncs/:run',
    tag: 'Syncs',
    summary: 'Read one sync; poll until `over` is true',
    auth: 'syncs:read',
    params: z.object({ run: z.string().regex(idPattern) }),
    answers: { 200: { description: 'The sync as it is now.', body: runSchema } },
    problems: { 'not-found': 404, 'run-unknown': 404 },
    async handle({ caller, params }) {
      const run = await loadRun(deps.db, params.run);
      if (run.practiceId !== caller.practiceId) {
        throw new Problem({ code: 'run-unknown', message: `There is no sync run ${params.run}.` });
      }
      return { status: 200, body: asJson(run) };
    },
  }),
  route({
    id: 'resync',
    method: 'post',
    path: '/v1/syncs',
    tag: 'Syncs',
    summary: 'Read the whole practice now, or join the running sync',
    auth: 'syncs:write',
    answers: {
      202: {
        description: 'The sync run. Follow it with GET /v1/syncs/{run}.',
        body: z.object({ runId: z.string(), joined: z.boolean() }),
      },
    },
    async handle({ caller }) {
      const request = { practiceId: caller.practiceId, kind: 'resync', by: caller.name } as const;
      const { runId, joined } = await requestSync(deps.db, request, deps.newId, deps.clock);
      await enqueueSync(deps, runId);
      return { status: 202, body: { runId, joined } };
    },
  }),
];

function asJson(run: SyncRun) {
  const { id, kind, state, requestedBy, error } = run;
  const { reasons, ...counts } = run.counts;
  return {
    id,
    kind,
    state,
    over: isOver(state),
    requestedAt: run.requestedAt.toISOString(),
    requestedBy,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    counts,
    reasons,
    error,
  };
}
