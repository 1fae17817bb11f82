import { z } from 'zod';
import { Problem } from '../../domain/problem.js';
import { Secret } from '../../domain/secret.js';
import { endSession } from '../../store/sessions.js';
import type { WebDeps } from '../deps.js';
import { logIn } from '../log-in.js';
import { RequestProblem } from '../problems.js';
import { route } from './route.js';
import { passwordSchema, sessionSchema } from './schemas.js';

export const loginRoutes = (deps: WebDeps) => [
  route({
    id: 'logIn',
    method: 'post',
    path: '/v1/logins',
    tag: 'Log in',
    summary: 'Log in with the temporary password or the own one',
    description:
      'A temporary password may be typed in any case, with or without spaces and dashes. The first log-in with it ends ' +
      'its visibility to staff at once; go on with GET and POST /v1/first-login. `device` is a mark to keep and send again: ' +
      'it spares the person waits that strangers caused by guessing.',
    auth: 'none',
    body: z.object({
      email: z.string().max(320),
      password: passwordSchema,
      device: z.string().max(200).optional(),
    }),
    answers: {
      201: {
        description: 'Logged in. `next` says whether the first login is still to be finished.',
        body: z.object({
          accountId: z.string(),
          next: z.enum(['none', 'first-login-needed']),
          session: sessionSchema,
          device: z.string(),
        }),
      },
    },
    problems: { 'wrong-credentials': 401, 'temporary-password-expired': 403, 'too-many-tries': 429 },
    async handle({ body, address }) {
      const password = new Secret(body.password);
      const result = await logIn(deps, { email: body.email, password, address, device: body.device });
      switch (result.outcome) {
        case 'wait':
          throw new RequestProblem({
            code: 'too-many-tries',
            message: 'Too many tries with a wrong password.',
            help: `Try again in ${result.seconds} seconds, or ask for a new password by mail.`,
            retryAfterSeconds: result.seconds,
          });
        case 'wrong':
          throw new Problem({
            code: 'wrong-credentials',
            message: 'The email address or the password is wrong.',
          });
        case 'expired':
          throw new Problem({
            code: 'temporary-password-expired',
            message: 'This temporary password has run out.',
            help: 'A fresh way in is on its way by email.',
          });
        default:
          return {
            status: 201,
            body: {
              accountId: result.accountId,
              next: result.outcome === 'logged-in' ? 'none' : 'first-login-needed',
              session: { token: result.token.open(), expiresAt: result.expiresAt.toISOString() },
              device: result.device,
            },
          };
      }
    },
  }),
  route({
    id: 'logOut',
    method: 'post',
    path: '/v1/logout',
    tag: 'Log in',
    summary: 'End the session',
    auth: 'session',
    answers: { 204: { description: 'The session is over.' } },
    async handle({ caller }) {
      await endSession(deps.db, caller.token);
      return { status: 204 };
    },
  }),
];
