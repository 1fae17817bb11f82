import type { Secret } from '../../lib/secret.js';
import { spellAloud } from '../../domain/account/temporary-password.js';
import { accountAccess, recordOnAccount, recordRefused } from '../../store/accounts/account-access.js';
import type { AllowedPractices } from '../../store/access/allowed-practices.js';
import type { Actor, AuditAction } from '../../store/access/audit.js';
import { inTransaction } from '../../store/db/database.js';
import { takeAttempt } from '../../store/access/throttles.js';
import type { WebDeps } from '../deps.js';
import { RequestProblem } from '../http/problems.js';
import { revealThrottle } from '../login/throttle-rules.js';
import { waitText } from '../ui/wait.js';

/** A temporary password, revealed to staff. */
export interface Revealed {
  password: Secret;
  /** Spelling for a phone call. */
  spelled: Secret;
  expiresAt: Date;
  /** Seconds until the page hides it. */
  hideAfterSeconds: number;
}

export type Reveal = ({ visible: true } & Revealed) | { visible: false; why: keyof typeof notVisible };

/**
 * Reveals a temporary password and records the viewer, time and place in the audit trail; without that record nothing is
 * shown. The visibility is checked at this moment, by the first login and by the issuing practice.
 *
 * @throws Problem `too-many-tries` if one person views too many passwords in a short time
 */
export async function reveal(
  deps: WebDeps,
  look: {
    actor: Actor;
    address: string;
    allowed: AllowedPractices;
    /** One of the allowed practices, whose record is on the account. */
    practiceId: string;
    accountId: string;
    action: AuditAction;
    screen: string;
  },
): Promise<Reveal> {
  const { actor, action, practiceId, accountId, address, screen } = look;
  const act = { actor, action, practiceId, accountId, details: { screen, address } };
  const { canSee } = await accountAccess(deps.db, look.allowed, accountId);
  const shown = canSee
    ? await deps.credentials.show(accountId)
    : ({ visible: false, why: 'issued-elsewhere' } as const);
  if (canSee && !shown.visible) return shown;
  const now = deps.clock();
  await inTransaction(deps.db, async (trx) => {
    const wait = await takeAttempt(trx, [revealThrottle(deps, look.actor.id ?? look.address)], now);
    if (wait > 0) {
      throw new RequestProblem({
        code: 'too-many-tries',
        message: 'You have viewed too many passwords in a short time.',
        help: `Please wait ${waitText(wait)}. The owner sees each view in the history.`,
        retryAfterSeconds: wait,
      });
    }
    await (canSee ? recordOnAccount : recordRefused)(trx, act, now);
  });
  if (!shown.visible) return shown;
  return {
    visible: true,
    password: shown.password,
    spelled: spellAloud(shown.password),
    expiresAt: shown.expiresAt,
    hideAfterSeconds: deps.settings.revealSeconds,
  };
}

/** Explains to staff why a temporary password is not shown. */
export const notVisible = {
  none: 'There is no temporary password.',
  'logged-in': 'This pet parent has just logged in. Staff can no longer see the temporary password.',
  expired: 'The temporary password has expired. Create a new one.',
  cleared: 'The temporary password has been cleared. Create a new one.',
  'issued-elsewhere':
    'Another practice issued this login, so it is not shown here. Resend the login to the address of the pet parent instead.',
} as const;
