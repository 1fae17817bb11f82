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
 * Destroys the temporary password of someone who has logged in, and writes a receipt without it into the audit trail,
 * both or neither. Doing it again changes nothing. Nobody could see it since the log-in; this wipes the bytes.
 */
export function createFirstLogin(deps: FirstLoginDeps): Handler<'first-login'> {
  const { db, credentials, clock } = deps;
  return async ({ accountId }) => {
    const login = await findLoginById(db, accountId, { closedToo: true });
    if (!login?.credential) return { skipped: 'there is no such account, or it never had a temporary password' };
    if (login.credential.cleared_at) return { skipped: 'it was destroyed before' };
    if (!login.firstLoginAt && !login.credential.used_at) return { skipped: 'nobody has logged in with it yet' };
    const destroyed = await inTransaction(db, async (trx) => {
      if (!(await credentials.destroy(trx, accountId, 'first-login'))) return false;
      const actor = { kind: 'job', id: null, name: 'first-login job' } as const;
      await record(trx, { actor, action: 'temporary-password-cleared', accountId }, clock());
      return true;
    });
    return destroyed ? { did: 'destroyed the temporary password' } : { skipped: 'it was destroyed before' };
  };
}
