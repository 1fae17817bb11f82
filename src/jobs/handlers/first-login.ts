import type { Clock } from '../../lib/ids.js';
import { record } from '../../store/access/audit.js';
import type { Credentials } from '../../store/accounts/credentials.js';
import { inTransaction, type Database } from '../../store/db/database.js';
import { findLoginById } from '../../store/accounts/logins.js';
import type { Handler } from '../catalog.js';

export interface FirstLoginDeps {
  db: Database;
  credentials: Credentials;
  clock: Clock;
}

/**
 * Clears the temporary password of a pet parent who has logged in and writes a receipt without it to the audit trail,
 * in one transaction. Repeating it changes nothing. The password has been hidden since the login; this overwrites its
 * bytes.
 */
export function createFirstLogin(deps: FirstLoginDeps): Handler<'first-login'> {
  const { db, credentials, clock } = deps;
  return async ({ accountId }) => {
    const login = await findLoginById(db, accountId, { closedToo: true });
    if (!login?.credential) return { skipped: 'there is no such account, or it never had a temporary password' };
    if (login.credential.clearedAt) return { skipped: 'it was already cleared' };
    if (!login.firstLoginAt && !login.credential.usedAt)
      return { skipped: 'the pet parent has not logged in with it yet' };
    const destroyed = await inTransaction(db, async (trx) => {
      if (!(await credentials.clear(trx, accountId, 'first-login'))) return false;
      const actor = { kind: 'job', id: null, name: 'first-login job' } as const;
      await record(trx, { actor, action: 'temporary-password-cleared', accountId }, clock());
      return true;
    });
    return destroyed ? { did: 'cleared the temporary password' } : { skipped: 'it was already cleared' };
  };
}
