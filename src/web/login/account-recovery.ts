import { visibility } from '../../domain/account/visibility.js';
import { isProblem } from '../../lib/problem.js';
import { record, type Actor } from '../../store/access/audit.js';
import { inTransaction } from '../../store/db/database.js';
import { emailKeyOf, findLogin } from '../../store/accounts/logins.js';
import { takeAttempt } from '../../store/access/throttles.js';
import { enqueueDispatch } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { mailThrottles } from './throttle-rules.js';

/**
 * Queues the recovery email, unless this email address or network requested too many. A temporary password that still
 * works is sent again, not replaced: a stranger who types the address must not invalidate the password of its owner.
 */
export async function sendAccountRecovery(deps: WebDeps, email: string, address: string): Promise<void> {
  const { db, clock } = deps;
  const key = emailKeyOf(email);
  const throttles = mailThrottles(deps, key ?? email, address);
  const wait = await inTransaction(db, (trx) => takeAttempt(trx, throttles, clock()));
  const login = wait === 0 && key ? await findLogin(db, key) : null;
  if (!login) return;
  const { accountId } = login;
  const actor = { kind: 'pet-parent', id: accountId, name: 'the pet parent' } as const;
  const password = visibility(login, clock());
  const resent = password === 'visible' ? 'welcome' : 'new-temporary-password';
  const kind = password === 'logged-in' ? 'password-reset' : resent;
  await record(db, { actor, action: 'password-reset-requested', accountId, details: { kind } }, clock());
  if (kind === 'welcome') await tellAgain(deps, accountId, actor);
  else if (!(await deps.messages.queueAccountRecovery(accountId, kind, 'the pet parent, forgot password', clock())))
    noPractice(deps, accountId);
  await enqueueDispatch(deps);
}

/** Resends the temporary password. A refusal (sent minutes ago, suppressed address) is only logged: the answer is already sent. */
async function tellAgain(deps: WebDeps, accountId: string, actor: Actor): Promise<void> {
  const practiceId = await deps.messages.practiceOf(accountId);
  if (!practiceId) return noPractice(deps, accountId);
  try {
    await deps.messages.resend({ accountId, practiceId, fresh: false }, actor, deps.clock());
  } catch (error) {
    if (!isProblem(error)) throw error;
    deps.log.info({ code: error.code, accountId }, 'forgot password: nothing sent');
  }
}

function noPractice(deps: WebDeps, accountId: string): void {
  deps.log.warn({ accountId }, 'forgot password: nothing sent because no practice of the account is configured');
}
