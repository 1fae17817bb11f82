import { z } from 'zod';
import { Problem } from '../../lib/problem.js';
import { loadPetParent } from '../../store/pet-parents/pet-parent-details.js';
import { searchPetParents } from '../../store/pet-parents/pet-parent-search.js';
import { listPetParents, type StateFilter } from '../../store/pet-parents/pet-parent-list.js';
import type { PetParentLine } from '../../store/pet-parents/pet-parents.js';
import { listPractices } from '../../store/access/allowed-practices.js';
import { requestSync } from '../../store/sync-runs/sync-runs.js';
import { enqueueDispatch, enqueueSync } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { notVisible, reveal } from '../views/reveal.js';
import { deliveryConditionsOf } from '../views/delivery-status.js';
import { timelineOf } from '../views/timeline.js';
import { stateFilters } from '../ui/state-words.js';
import { route, type Caller } from './route.js';
import { line } from './schemas.js';

const states = stateFilters.map(({ id }) => id) as [StateFilter, ...StateFilter[]];
const when = z.iso.datetime();

const petParentSchema = z.object({
  client: z.string().meta({ description: 'Key of the client in the PIMS.' }),
  clientNumber: z.string().nullable(),
  name: z.string(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
  pets: z.array(z.string()),
  accountId: z.string().nullable(),
  state: z.string(),
  reason: z.string().nullable().meta({ description: 'Why the client is on hold or not invited.' }),
  firstLoginAt: when.nullable(),
  lastLoginAt: when.nullable(),
});

const one = z.object({ client: z.string().min(1).max(128) });
const asked = z.object({ runId: z.string(), joined: z.boolean() });

type TokenCaller = Caller<'pet-parents:read'>;

/** Routes for a vendor's own console, with the same data, rights and audit trail as the pages. */
export const petParentRoutes = (deps: WebDeps) => {
  const personOf = async (caller: TokenCaller, client: string) => {
    const details = await loadPetParent(deps.db, caller.allowed, caller.practiceId, client, deps.clock());
    if (details) return details;
    throw new Problem({ code: 'not-found', message: 'This practice has no such client.' });
  };
  const accountOf = async (caller: TokenCaller, client: string) => {
    const { line: found } = await personOf(caller, client);
    if (found.accountId) return found.accountId;
    throw new Problem({ code: 'account-unknown', message: 'This client has no account yet.' });
  };

  return [
    route({
      id: 'listPetParents',
      method: 'get',
      path: '/v1/pet-parents',
      tag: 'Pet parents',
      summary: 'List or search the pet parents of the practice',
      description:
        'With `q`, returns at most 40 search results; otherwise every pet parent by name, in pages with `after`. With ' +
        '`state`, a page may hold fewer than `limit` entries, or none, and still have a `next`: continue until it is null.',
      auth: 'pet-parents:read',
      query: z.object({
        q: z.string().max(100).optional(),
        state: z.enum(states).optional(),
        after: z.string().max(2000).optional(),
        limit: z.coerce.number().int().min(1).max(200).default(50),
      }),
      answers: {
        200: {
          description: 'One page of pet parents.',
          body: z.object({ petParents: z.array(petParentSchema), next: z.string().nullable() }),
        },
      },
      async handle({ caller, query }) {
        const { db, clock } = deps;
        const { practiceId, allowed } = caller;
        if (query.q?.trim()) {
          const found = await searchPetParents(db, allowed, practiceId, query.q, 40, clock());
          return { status: 200, body: { petParents: found.map(asJson), next: null } };
        }
        const list = {
          practiceId,
          state: query.state ?? null,
          after: query.after ?? null,
          limit: query.limit,
        };
        const page = await listPetParents(db, allowed, list, clock());
        return { status: 200, body: { petParents: page.lines.map(asJson), next: page.next } };
      },
    }),
    route({
      id: 'readPetParent',
      method: 'get',
      path: '/v1/pet-parents/:client',
      tag: 'Pet parents',
      summary: 'Read one pet parent with the timeline',
      auth: 'pet-parents:read',
      params: one,
      answers: {
        200: {
          description: 'The pet parent. Never contains a password.',
          body: petParentSchema.extend({
            temporaryPassword: z.object({ visible: z.boolean(), expiresAt: when }).nullable(),
            timeline: z.array(z.object({ at: when, title: z.string(), more: z.string().nullable() })),
          }),
        },
      },
      problems: { 'not-found': 404 },
      async handle({ caller, params }) {
        const details = await personOf(caller, params.client);
        const { credential } = details;
        const temporaryPassword = credential && {
          visible: credential.visibility === 'visible',
          expiresAt: credential.expiresAt.toISOString(),
        };
        const practices = await listPractices(deps.db, caller.allowed);
        const allConditions = await deliveryConditionsOf(deps, practices);
        const timeline = timelineOf(details, allConditions).map(({ at, title, more }) => ({
          at: at.toISOString(),
          title,
          more,
        }));
        return { status: 200, body: { ...asJson(details.line), temporaryPassword, timeline } };
      },
    }),
    route({
      id: 'viewTemporaryPassword',
      method: 'post',
      path: '/v1/pet-parents/:client/temporary-password-views',
      tag: 'Pet parents',
      summary: 'View the temporary password before the first login',
      description:
        'Each view is recorded with the viewer you name, and the owner of the practice sees it. Show the password briefly and ' +
        'do not store it. A login that another practice issued is not shown; resend it instead.',
      auth: 'temporary-passwords:read',
      params: one,
      body: z.object({
        viewer: line(150).min(1).meta({ description: 'The viewing person, as named in your system.' }),
      }),
      answers: {
        200: {
          description: 'The password, and its spelling for a phone call.',
          body: z.object({ temporaryPassword: z.string(), spelled: z.string(), expiresAt: when }),
        },
      },
      problems: { 'not-visible': 409, 'issued-elsewhere': 409, 'not-found': 404, 'too-many-tries': 429 },
      async handle({ caller, params, body, address }) {
        const accountId = await accountOf(caller, params.client);
        const actor = { kind: 'api', id: caller.tokenId, name: `${body.viewer}, by ${caller.name}` } as const;
        const [action, screen] = ['temporary-password-viewed', 'the API'] as const;
        const shown = await reveal(deps, { ...caller, actor, address, accountId, action, screen });
        if (!shown.visible) {
          const code = shown.why === 'issued-elsewhere' ? shown.why : 'not-visible';
          throw new Problem({ code, message: notVisible[shown.why] });
        }
        const { password, spelled, expiresAt } = shown;
        return {
          status: 200,
          body: {
            temporaryPassword: password.open(),
            spelled: spelled.open(),
            expiresAt: expiresAt.toISOString(),
          },
        };
      },
    }),
    route({
      id: 'resendWelcome',
      method: 'post',
      path: '/v1/pet-parents/:client/resends',
      tag: 'Pet parents',
      summary: 'Send the login again, or a new temporary password',
      auth: 'pet-parents:write',
      params: one,
      body: z.object({ newPassword: z.boolean().default(false) }),
      answers: {
        202: { description: 'The email is queued and goes out next.', body: z.object({ mailId: z.string() }) },
      },
      problems: {
        'cool-down': 409,
        'address-suppressed': 409,
        'already-logged-in': 409,
        'uncertain-first': 409,
        'being-sent': 409,
        'issued-elsewhere': 409,
        'not-found': 404,
      },
      async handle({ caller, params, body }) {
        const accountId = await accountOf(caller, params.client);
        const { practiceId } = caller;
        const actor = { kind: 'api', id: caller.tokenId, name: caller.name } as const;
        const asked = { accountId, practiceId, fresh: body.newPassword };
        const mailId = await deps.messages.resend(asked, actor, deps.clock());
        await enqueueDispatch(deps);
        return { status: 202, body: { mailId } };
      },
    }),
    route({
      id: 'resyncClient',
      method: 'post',
      path: '/v1/pet-parents/:client/resyncs',
      tag: 'Pet parents',
      summary: 'Read this one client again from the PIMS',
      description: 'Accepts the key or the number that staff see, also of a client that no sync has read yet.',
      auth: 'pet-parents:write',
      params: one,
      answers: { 202: { description: 'The sync run. Follow it with GET /v1/syncs/{run}.', body: asked } },
      async handle({ caller, params }) {
        const request = {
          practiceId: caller.practiceId,
          kind: 'client',
          by: caller.name,
          clientReference: params.client,
        } as const;
        const { runId, joined } = await requestSync(deps.db, request, deps.newId, deps.clock);
        await enqueueSync(deps, runId);
        return { status: 202, body: { runId, joined } };
      },
    }),
  ];
};

function asJson(found: PetParentLine) {
  return {
    client: found.pimsId,
    clientNumber: found.displayId,
    name: found.name,
    email: found.email,
    phone: found.phone,
    pets: found.pets,
    accountId: found.accountId,
    state: found.state,
    reason: found.accountId === null ? found.reason : null,
    firstLoginAt: found.firstLoginAt?.toISOString() ?? null,
    lastLoginAt: found.lastLoginAt?.toISOString() ?? null,
  };
}
