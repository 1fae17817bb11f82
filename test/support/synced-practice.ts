import type { Connector } from '../../src/connectors/contract.js';
import { invitePolicySchema } from '../../src/domain/decision/policy.js';
import { practiceContext } from '../../src/domain/decision/practice-context.js';
import type { SyncedPractice } from '../../src/sync/deps.js';

/** Returns a practice that invites automatically, named `elm` unless `more` says otherwise. */
export function syncedPractice(
  connector: Connector,
  more: {
    id?: string;
    name?: string;
    timeZone?: string;
    policy?: object;
    ownAddresses?: readonly string[];
    pageSize?: number;
  } = {},
): SyncedPractice {
  const { id = 'elm', name = 'Elm Street', timeZone = 'America/Chicago', pageSize = 3, ownAddresses = [] } = more;
  const policy = { ...invitePolicySchema.parse(more.policy ?? { welcome: 'automatic' }), ownAddresses };
  const context = practiceContext({ id, name, timeZone, country: 'US', policy });
  return { ...context, pageSize, connect: () => Promise.resolve(connector) };
}
