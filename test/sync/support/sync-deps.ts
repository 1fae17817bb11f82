import type { Clock, NewId } from '../../../src/domain/ids.js';
import { createKeyring } from '../../../src/domain/sealing.js';
import { Secret } from '../../../src/domain/secret.js';
import { createCredentials } from '../../../src/store/credentials.js';
import type { Database } from '../../../src/store/database.js';
import { createErasedPeople } from '../../../src/store/erased.js';
import type { SyncDeps } from '../../../src/sync/deps.js';
import { createProfiling } from '../../../src/sync/profiling.js';

/** What a sync needs, with a key of the test's own. */
export function syncDeps(db: Database, newId: NewId, clock: Clock): SyncDeps {
  const keyring = createKeyring(new Secret(`k1:${Buffer.alloc(32, 7).toString('base64')}`));
  const credentials = createCredentials({ db, keyring, clock });
  return {
    db,
    clock,
    newId,
    profiling: createProfiling(),
    erased: createErasedPeople({ keyring }),
    issuePasswords: (practiceId, ids) =>
      credentials.sealMany(ids.map((accountId) => ({ accountId, practiceId, days: 30 }))),
    onProgress: () => Promise.resolve(),
  };
}
