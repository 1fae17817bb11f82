import type { Clock, NewId } from '../../../src/lib/ids.js';
import { createKeyring } from '../../../src/lib/sealing.js';
import { Secret } from '../../../src/lib/secret.js';
import { createCredentials } from '../../../src/store/accounts/credentials.js';
import type { Database } from '../../../src/store/db/database.js';
import { createErasedPeople } from '../../../src/store/privacy/erasure-register.js';
import type { SyncDeps } from '../../../src/sync/deps.js';

/** Returns the dependencies of a sync, with the test's own key. */
export function syncDeps(db: Database, newId: NewId, clock: Clock): SyncDeps {
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const credentials = createCredentials({ db, keyring, clock });
  return {
    db,
    clock,
    newId,
    erased: createErasedPeople({ keyring }),
    issuePasswords: (practiceId, ids) =>
      credentials.sealMany(ids.map((accountId) => ({ accountId, practiceId, days: 30 }))),
    onProgress: () => Promise.resolve(),
  };
}
