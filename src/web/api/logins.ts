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
      clientAddress: z
        .union([z.ipv4(), z.ipv6()])
        .optional()
        .meta({
          description:
            'For the server of a Pet App, with an API token of the scope logins:on-behalf: the network address of the person, so ' +
            'that wrong tries of one do not slow the others.',
        }),
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

/** The address a trusted server names; null without one. @throws Problem `not-allowed` for anyone else who names one */
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
    message: 'Only an API token with the scope logins:on-behalf may name the address of somebody else.',
  });
}
