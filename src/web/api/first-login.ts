import { z } from 'zod';
import { Problem } from '../../lib/problem.js';
import { Secret } from '../../lib/secret.js';
import type { Session } from '../../store/access/sessions.js';
import type { WebDeps } from '../deps.js';
import { confirm, finish, hasOwnPassword, profileOf } from '../login/finish-first-login.js';
import { route } from './route.js';
import { passwordSchema, profileSchema, sessionSchema } from './schemas.js';

export const firstLoginRoutes = (deps: WebDeps) => [
  route({
    id: 'readFirstLogin',
    method: 'get',
    path: '/v1/first-login',
    tag: 'First login',
    summary: 'The data to confirm',
    auth: 'session',
    answers: {
      200: {
        description:
          'As confirmed, else as the practices have it. A pet that died before it was confirmed is not in it.',
        body: z.object({
          email: z.string(),
          firstName: z.string().nullable(),
          lastName: z.string().nullable(),
          phone: z.string().nullable(),
          practices: z.array(z.object({ id: z.string(), name: z.string() })),
          pets: z.array(
            z.object({
              key: z.string(),
              name: z.string().meta({ description: 'Empty when the practice has no name for it.' }),
              species: z.string(),
              breed: z.string().nullable(),
              bornOn: z.string().nullable(),
              passed: z.boolean().meta({
                description:
                  'True for a pet that is no longer with them: they said so, or the practice has recorded its death ' +
                  'since they confirmed it. Do not ask them to confirm it.',
              }),
            }),
          ),
          passwordMinLength: z.number(),
          passwordSet: z.boolean().meta({
            description: 'True when the password was set by a reset before: only the data is to be confirmed.',
          }),
        }),
      },
    },
    async handle({ caller }) {
      const profile = await profileOf(deps, caller.session.subjectId);
      const { email, firstName, lastName, phone, practices } = profile;
      const pets = profile.pets.map(({ knownDead: _, ...pet }) => pet);
      const { passwordMinLength } = deps.settings;
      const passwordSet = await hasOwnPassword(deps, caller.session.subjectId);
      const body = { email, firstName, lastName, phone, practices, pets, passwordMinLength, passwordSet };
      return { status: 200, body };
    },
  }),
  route({
    id: 'finishFirstLogin',
    method: 'post',
    path: '/v1/first-login',
    tag: 'First login',
    summary: 'Confirm the data and set the own password',
    description: 'Ends every session of the account and opens a new one. The temporary password no longer works.',
    auth: 'session',
    body: profileSchema.extend({
      newPassword: passwordSchema.optional().meta({ description: 'May be left out only when `passwordSet` is true.' }),
    }),
    answers: {
      200: { description: 'Done; the session to go on with.', body: z.object({ session: sessionSchema }) },
    },
    problems: { 'password-refused': 422, 'already-logged-in': 409 },
    async handle({ caller, body }) {
      mustBeFirst(caller.session);
      const { newPassword, ...profile } = body;
      const { subjectId } = caller.session;
      const onlyConfirms = newPassword === undefined && (await hasOwnPassword(deps, subjectId));
      const session = onlyConfirms
        ? await confirm(deps, subjectId, profile)
        : await finish(deps, subjectId, profile, new Secret(newPassword ?? ''));
      return {
        status: 200,
        body: { session: { token: session.token.open(), expiresAt: session.expiresAt.toISOString() } },
      };
    },
  }),
];

function mustBeFirst(session: Session): void {
  if (session.purpose === 'first-login') return;
  throw new Problem({
    code: 'already-logged-in',
    message: 'This account has finished its first login already.',
  });
}
