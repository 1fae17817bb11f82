import type { Secret } from '../../domain/secret.js';
import { spellAloud } from '../../domain/temporary-password.js';
import { record, type Actor, type AuditAction } from '../../store/audit.js';
import { inTransaction } from '../../store/database.js';
import { takeAttempt } from '../../store/throttles.js';
import type { WebDeps } from '../deps.js';
import { RequestProblem } from '../problems.js';
import { revealThrottle } from '../throttle-rules.js';
import { waitText } from '../ui/wait.js';

/** A temporary password as staff see it, for a moment. */
export interface Revealed {
  password: Secret;
  /** How to say it on the telephone. */
  spelled: Secret;
  expiresAt: Date;
}

export type Reveal =
  ({ visible: true } & Revealed) | { visible: false; why: 'none' | 'logged-in' | 'expired' | 'destroyed' };

/**
 * Shows a temporary password and writes down who looked, when and where: without that line nothing is shown. Whether
 * it may be seen is decided at this moment, by the first login.
 *
 * @param who has been checked to be allowed this account in this practice
 * @throws Problem `too-many-tries` for someone who looks at one after the other
 */
export async function reveal(
  deps: WebDeps,
  look: {
    actor: Actor;
    address: string;
    practiceId: string;
    accountId: string;
    action: AuditAction;
    screen: string;
  },
): Promise<Reveal> {
  const shown = await deps.credentials.show(look.accountId);
  if (!shown.visible) return shown;
  const now = deps.clock();
  await inTransaction(deps.db, async (trx) => {
    const wait = await takeAttempt(trx, [revealThrottle(deps, look.actor.id ?? look.address)], now);
    if (wait > 0) {
      throw new RequestProblem({
        code: 'too-many-tries',
        message: 'You have looked at very many passwords in a short time.',
        help: `Please wait ${waitText(wait)}. The owner sees each view in the history.`,
        retryAfterSeconds: wait,
      });
    }
    const { actor, action, practiceId, accountId, address, screen } = look;
    await record(trx, { actor, action, practiceId, accountId, details: { screen, address } }, now);
  });
  return {
    visible: true,
    password: shown.password,
    spelled: spellAloud(shown.password),
    expiresAt: shown.expiresAt,
  };
}

/** Why there is nothing to see, for the person who asked. */
export const notVisible: Record<Exclude<Reveal, { visible: true }>['why'], string> = {
  none: 'There is no temporary password.',
  'logged-in': 'This pet parent has just logged in. From now on nobody can see the temporary password.',
  expired: 'The temporary password has run out. Make a new one.',
  destroyed: 'The temporary password has been destroyed. Make a new one.',
};
