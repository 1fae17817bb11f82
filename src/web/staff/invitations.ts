import { Secret } from '../../domain/secret.js';
import { record, type Actor } from '../../store/audit.js';
import { inTransaction } from '../../store/database.js';
import { endResetTokens, keepResetTokens, newResetToken } from '../../store/reset-tokens.js';
import type { WebDeps } from '../deps.js';

/** How long an invitation works. */
export const inviteHours = 72;

/**
 * Makes the link by which someone of the staff sets a password: a first one or a new one. Earlier links die. The token
 * stands behind the `#`, as in the links for pet parents.
 */
export async function invite(deps: WebDeps, staffId: string, by: Actor, practiceId: string): Promise<Secret> {
  const token = newResetToken();
  const now = deps.clock();
  const expiresAt = new Date(now.getTime() + inviteHours * 3_600_000);
  await inTransaction(deps.db, async (trx) => {
    await endResetTokens(trx, 'staff', staffId, now);
    await keepResetTokens(trx, [{ kind: 'staff', subjectId: staffId, token, expiresAt }], now);
    await record(trx, { actor: by, action: 'staff-invited', practiceId, details: { staffId } }, now);
  });
  return new Secret(`${deps.settings.origin}/staff/invitation#${token.open()}`);
}
