import { z } from 'zod';
import { idPattern } from '../../lib/ids.js';
import { Problem } from '../../lib/problem.js';
import { inTransaction } from '../../store/db/database.js';
import type { Act } from '../../store/access/audit.js';
import { reportFirstLogin } from '../../store/accounts/first-login.js';
import { emailKeyOf, findLogin } from '../../store/accounts/logins.js';
import { receive } from '../../store/db/receipts.js';
import type { WebDeps } from '../deps.js';
import { enqueueFirstLogin } from '../enqueue.js';
import { route } from './route.js';

const scope = 'first-login-event';

export const eventRoutes = (deps: WebDeps) => [
  route({
    id: 'reportFirstLogin',
    method: 'post',
    path: '/v1/events/first-login',
    tag: 'First login',
    summary: 'Report the first login to a Pet App that handles log-in itself',
    description:
      'Sign the request as Standard Webhooks describes. Staff can no longer see the temporary password, and a job clears ' +
      'it. An event with the same `webhook-id` is processed once; a repeat gets the same answer.',
    auth: 'signature',
    body: z
      .object({
        accountId: z.string().regex(idPattern).optional(),
        email: z.string().max(320).optional(),
      })
      .refine(({ accountId, email }) => accountId ?? email, 'needs accountId or email'),
    answers: {
      202: {
        description: 'Accepted. `first` is false if the first login was already known.',
        body: z.object({ first: z.boolean() }),
      },
    },
    problems: { 'signature-wrong': 401, 'account-unknown': 404 },
    async handle({ body, request }) {
      const eventId = String(request.headers['webhook-id']).slice(0, 191);
      const accountId = body.accountId ?? (await findLogin(deps.db, emailKeyOf(body.email ?? '') ?? '-'))?.accountId;
      const now = deps.clock();
      const act: Act = { actor: { kind: 'api', id: null, name: 'Pet App' }, now, newId: deps.newId };
      const known = await inTransaction(deps.db, async (trx) => {
        const reported = accountId ? await reportFirstLogin(trx, accountId, act) : null;
        // Store the receipt only with the effect, so that an event about an unknown account can be sent again.
        if (reported && !(await receive(trx, scope, eventId, now))) return 'known';
        return reported;
      });
      if (!accountId || !known) {
        throw new Problem({
          code: 'account-unknown',
          message: 'There is no account with this id or address.',
        });
      }
      await enqueueFirstLogin(deps, accountId);
      return { status: 202, body: { first: known === 'first' } };
    },
  }),
];
