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
    summary: 'Read the data to confirm',
    auth: 'session',
    answers: {
      200: {
        description:
          'The confirmed data, or the data of the practices if nothing was confirmed yet. A pet that died before it was ' +
          'confirmed is left out.',
        body: z.object({
          email: z.string(),
          firstName: z.string().nullable(),
          lastName: z.string().nullable(),
          phone: z.string().nullable(),
          practices: z.array(z.object({ id: z.string(), name: z.string() })),
          pets: z.array(
            z.object({
              key: z.string(),
              name: z.string().meta({ description: 'Empty if the practice has no name for the pet.' }),
              species: z.string(),
              breed: z.string().nullable(),
              bornOn: z.string().nullable(),
              passed: z.boolean().meta({
                description:
                  'True for a pet that is no longer with the pet parent: the pet parent said so, or the practice recorded ' +
                  'its death after the confirmation. Do not ask for its confirmation.',
              }),
            }),
          ),
          passwordMinLength: z.number(),
          passwordSet: z.boolean().meta({
            description: 'True if a reset already set the password: only the data must be confirmed.',
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
    summary: 'Confirm the data and set a new password',
    description: 'Ends every session of the account and opens a new one. The temporary password no longer works.',
    auth: 'session',
    body: profileSchema.extend({
      newPassword: passwordSchema.optional().meta({ description: 'Required unless `passwordSet` is true.' }),
    }),
    answers: {
      200: {
        description: 'First login finished. Continue with this session.',
        body: z.object({ session: sessionSchema }),
      },
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
    message: 'This account has already finished its first login.',
  });
}
