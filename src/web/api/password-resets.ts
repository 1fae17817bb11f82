import { z } from 'zod';
import { Problem } from '../../lib/problem.js';
import { Secret } from '../../lib/secret.js';
import type { WebDeps } from '../deps.js';
import { resetPassword } from '../login/reset-password.js';
import type { Tasks } from '../background-tasks.js';
import { sendAccountRecovery } from '../login/account-recovery.js';
import { route } from './route.js';
import { passwordSchema } from './schemas.js';

export const passwordRoutes = (deps: WebDeps, tasks: Tasks) => [
  route({
    id: 'forgotPassword',
    method: 'post',
    path: '/v1/password-resets',
    tag: 'Log in',
    summary: 'Send a temporary password or a reset link by email',
    description:
      'The answer is the same for every address and is sent before the account is looked up. A pet parent who never logged ' +
      'in gets the temporary password again, or a new one; every other pet parent gets a link that works once.',
    auth: 'none',
    body: z.object({ email: z.string().max(320) }),
    answers: { 202: { description: 'If the address has an account, an email is on its way.' } },
    async handle({ body, address, reply }) {
      tasks.afterAnswer(reply, 'forgot password', () => sendAccountRecovery(deps, body.email, address));
      return { status: 202 };
    },
  }),
  route({
    id: 'resetPassword',
    method: 'post',
    path: '/v1/passwords',
    tag: 'Log in',
    summary: 'Set a new password with the token of an email',
    description: 'Consumes the token and ends every session of the account. Opens no new session.',
    auth: 'none',
    body: z.object({ token: z.string().max(400), newPassword: passwordSchema }),
    answers: { 204: { description: 'The new password is set.' } },
    problems: { 'reset-token-dead': 410, 'password-refused': 422 },
    async handle({ body }) {
      const result = await resetPassword(deps, new Secret(body.token), new Secret(body.newPassword));
      if (result.outcome === 'refused') throw new Problem({ code: 'password-refused', message: result.why });
      if (result.outcome === 'dead') {
        throw new Problem({ code: 'reset-token-dead', message: 'This token was already used, or has expired.' });
      }
      return { status: 204 };
    },
  }),
];
