import type { Secret } from '../../../lib/secret.js';
import { inTransaction } from '../../../store/db/database.js';
import { openSession } from '../../../store/access/sessions.js';
import { findStaffLogin, noteStaffLogin, type Staff } from '../../../store/access/staff.js';
import { takeAttempt } from '../../../store/access/throttles.js';
import type { WebDeps } from '../../deps.js';
import { deviceMark, isKnownDevice } from '../../login/known-device.js';
import { verifyPassword } from '../../login/passwords.js';
import { forgive, logInThrottles } from '../../login/throttle-rules.js';

export type SignInResult =
  | { outcome: 'signed-in'; staff: Staff; token: Secret; expiresAt: Date; device: string }
  | { outcome: 'wrong' }
  | { outcome: 'wait'; seconds: number };

/** Signs a staff member in. As for pet parents, an unknown address takes as long and gets the same answer. */
export async function signIn(
  deps: WebDeps,
  request: { email: string; password: Secret; address: string; device: string | undefined },
): Promise<SignInResult> {
  const found = await findStaffLogin(deps.db, request.email);
  const device = isKnownDevice(deps.keyring, request.device, found?.staff.id ?? '-') ? request.device : undefined;
  const throttles = logInThrottles(deps, 'staff', request.email, request.address, device);
  const seconds = await inTransaction(deps.db, (trx) => takeAttempt(trx, throttles.counted, deps.clock()));
  if (seconds > 0) return { outcome: 'wait', seconds };
  const living = found && !found.staff.disabledAt ? found : null;
  const right = await verifyPassword(living?.passwordHash ?? null, request.password);
  if (!living || !right) return { outcome: 'wrong' };
  const { staff } = living;
  const now = deps.clock();
  const session = await inTransaction(deps.db, async (trx) => {
    await forgive(trx, throttles);
    await noteStaffLogin(trx, staff, { address: request.address }, now);
    const subject = { kind: 'staff', subjectId: staff.id, purpose: 'full' } as const;
    return openSession(trx, subject, deps.settings.sessions.staff, now);
  });
  return { outcome: 'signed-in', staff, ...session, device: deviceMark(deps.keyring, staff.id) };
}
