import type { Secret } from '../../lib/secret.js';
import { record } from '../../store/access/audit.js';
import { inTransaction } from '../../store/db/database.js';
import { setPassword } from '../../store/accounts/first-login.js';
import { findResetToken, useResetToken } from '../../store/access/reset-tokens.js';
import { enqueueFirstLogin } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { profileOf, refuseFor } from './finish-first-login.js';
import { petParentAct } from './pet-parent-act.js';
import { hashPassword } from './passwords.js';

export type ResetResult = { outcome: 'set' } | { outcome: 'dead' } | { outcome: 'refused'; why: string };

/**
 * Sets a new password with the token of an email. A refused password does not consume the token. An accepted password
 * consumes it, ends every session and every other token, and opens no session.
 */
export async function resetPassword(deps: WebDeps, token: Secret, password: Secret): Promise<ResetResult> {
  const accountId = await findResetToken(deps.db, 'pet-parent', token, deps.clock());
  if (!accountId) return { outcome: 'dead' };
  const why = await refuseFor(deps, await profileOf(deps, accountId), password);
  if (why) return { outcome: 'refused', why };
  const passwordHash = await hashPassword(password);
  const { actor, now } = petParentAct(deps, accountId);
  const done = await inTransaction(deps.db, async (trx) => {
    // A parallel request may have consumed the token first.
    if ((await useResetToken(trx, 'pet-parent', token, now)) !== accountId) return false;
    await setPassword(trx, accountId, passwordHash, now);
    await record(trx, { actor, action: 'password-reset', accountId }, now);
    return true;
  });
  if (!done) return { outcome: 'dead' };
  await enqueueFirstLogin(deps, accountId);
  return { outcome: 'set' };
}
