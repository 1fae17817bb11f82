import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../lib/problem.js';
import { Secret } from '../../lib/secret.js';
import { findApiToken } from '../../store/access/api-tokens.js';
import { endSession } from '../../store/access/sessions.js';
import type { WebDeps } from '../deps.js';
import { logIn } from '../login/log-in.js';
import { RequestProblem } from '../http/problems.js';
import { bearerOf } from './bearer.js';
import { route } from './route.js';
import { passwordSchema, sessionSchema } from './schemas.js';

export const loginRoutes = (deps: WebDeps) => [
  route({
    id: 'logIn',
    method: 'post',
    path: '/v1/logins',
    tag: 'Log in',
    summary: 'Log in with the temporary or the chosen password',
    description:
      'A temporary password works in upper or lower case, with or without spaces and dashes. The first log-in with it ends ' +
      'its visibility to staff at once; continue with GET and POST /v1/first-login. Store `device` and send it with later ' +
      'log-ins: wrong guesses by strangers then do not delay this device.',
    auth: 'none',
    body: z.object({
      email: z.string().max(320),
      password: passwordSchema,
      device: z.string().max(200).optional(),
      clientAddress: z
        .union([z.ipv4(), z.ipv6()])
        .optional()
        .meta({
          description:
            'Network address of the pet parent, sent by the server of a Pet App with an API token of the scope ' +
            'logins:on-behalf, so that failed attempts of one person do not slow others.',
        }),
    }),
    answers: {
      201: {
        description: 'Logged in. `next` tells whether the first login must still be finished.',
        body: z.object({
          accountId: z.string(),
          next: z.enum(['none', 'first-login-needed']),
          session: sessionSchema,
          device: z.string(),
        }),
      },
    },
    problems: {
      'wrong-credentials': 401,
      'temporary-password-expired': 403,
      'not-allowed': 403,
      'too-many-tries': 429,
    },
    async handle({ body, request, address: own }) {
      const address = (await addressOnBehalf(deps, request, body.clientAddress)) ?? own;
      const password = new Secret(body.password);
      const result = await logIn(deps, { email: body.email, password, address, device: body.device });
      switch (result.outcome) {
        case 'wait':
          throw new RequestProblem({
            code: 'too-many-tries',
            message: 'Too many attempts with a wrong password.',
            help: `Try again in ${result.seconds} seconds, or request a new password by email.`,
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
            message: 'This temporary password has expired.',
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
    answers: { 204: { description: 'The session has ended.' } },
    async handle({ caller }) {
      await endSession(deps.db, caller.token);
      return { status: 204 };
    },
  }),
];

/** Returns the address that a trusted server names, or null. @throws Problem `not-allowed` for any other caller */
async function addressOnBehalf(
  deps: WebDeps,
  request: FastifyRequest,
  named: string | undefined,
): Promise<string | null> {
  if (named === undefined) return null;
  const token = bearerOf(request);
  const found = token && (await findApiToken(deps.db, token, deps.clock()));
  if (found?.token.scopes.includes('logins:on-behalf')) return named;
  throw new Problem({
    code: 'not-allowed',
    message: 'Only an API token with the scope logins:on-behalf may send clientAddress.',
  });
}
