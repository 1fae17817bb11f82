import type { Act } from '../../store/access/audit.js';
import type { WebDeps } from '../deps.js';

/** Returns an action of the pet parent themselves. The audit trail names them by their account. */
export function petParentAct(deps: Pick<WebDeps, 'clock' | 'newId'>, accountId: string): Act {
  return { actor: { kind: 'pet-parent', id: accountId, name: null }, now: deps.clock(), newId: deps.newId };
}
