import { invitationHours } from '../../../domain/message/message-kinds.js';
import { Secret } from '../../../lib/secret.js';
import { record, type Actor, type AuditEntry } from '../../../store/access/audit.js';
import { inTransaction } from '../../../store/db/database.js';
import { clearResetTokens, saveResetTokens, newResetToken } from '../../../store/access/reset-tokens.js';
import { allowedTo, findStaffLogin, type Staff } from '../../../store/access/staff.js';
import { queueStaffEmail, type StaffEmail } from '../../../store/messages/urgent-messages.js';
import { takeAttempt } from '../../../store/access/throttles.js';
import { enqueueDispatch } from '../../enqueue.js';
import type { WebDeps } from '../../deps.js';
import { mailThrottles } from '../../login/throttle-rules.js';

/**
 * Creates the link with which a staff member sets a first or a new password. Earlier links stop working. The token is the
 * part after `#`, as in the links for pet parents.
 */
export async function invite(deps: WebDeps, staffId: string, by: Actor, practiceId: string): Promise<Secret> {
  const token = newResetToken();
  const now = deps.clock();
  const expiresAt = new Date(now.getTime() + invitationHours * 3_600_000);
  await inTransaction(deps.db, async (trx) => {
    await clearResetTokens(trx, 'staff', staffId, now);
    await saveResetTokens(trx, [{ kind: 'staff', subjectId: staffId, token, expiresAt }], now);
    const details = { staffId, by: 'link' };
    await record(trx, { actor: by, action: 'staff-invited', practiceId, details }, now);
  });
  return new Secret(`${deps.settings.origin}/staff/invitation#${token.open()}`);
}

/** Counts an email to this staff address. @returns seconds to wait if too many were requested */
function takeMail(deps: WebDeps, email: string, address: string): Promise<number> {
  const throttles = mailThrottles(deps, `staff ${email}`, address);
  return inTransaction(deps.db, (trx) => takeAttempt(trx, throttles, deps.clock()));
}

/** Records the request and queues the email. The link itself is created when the email is sent. */
async function queueLink(deps: WebDeps, entry: AuditEntry, email: StaffEmail): Promise<void> {
  const now = deps.clock();
  await inTransaction(deps.db, async (trx) => {
    await record(trx, entry, now);
    await queueStaffEmail(trx, email, deps.newId, now);
  });
  await enqueueDispatch(deps);
}

/**
 * Queues the email with an invitation link. No job and no row contains the link.
 *
 * @param address network address of the requester
 * @returns seconds to wait if too many emails went to this email address
 */
export async function mailInvitation(
  deps: WebDeps,
  to: Pick<Staff, 'id' | 'email' | 'hasPassword'>,
  by: Actor,
  practiceId: string,
  address: string,
): Promise<number> {
  const wait = await takeMail(deps, to.email, address);
  if (wait > 0) return wait;
  const kind = to.hasPassword ? 'staff-password-reset' : 'staff-invitation';
  const details = { staffId: to.id, by: 'mail' };
  const requestedBy = by.name ?? 'An owner of the practice';
  await queueLink(
    deps,
    { actor: by, action: 'staff-invited', practiceId, details },
    { staffId: to.id, practiceId, kind, requestedBy },
  );
  return 0;
}

/** Queues a password reset for staff if the address exists, unless this address or network requested too many. */
export async function sendStaffRecovery(deps: WebDeps, email: string, address: string): Promise<void> {
  const { db } = deps;
  const wait = await takeMail(deps, email, address);
  const found = wait === 0 ? await findStaffLogin(db, email) : null;
  if (!found || found.staff.disabledAt) return;
  const { staff } = found;
  const actor = {
    kind: staff.role === 'operator' ? 'operator' : 'staff',
    id: staff.id,
    name: staff.name,
  } as const;
  // An operator sees every practice and belongs to none.
  const ids = staff.role === 'operator' ? [] : (await allowedTo(db, staff)).ids;
  const practiceId = ids.find((id) => deps.practice(id)) ?? ids[0] ?? null;
  await queueLink(
    deps,
    { actor, action: 'staff-password-requested', practiceId },
    { staffId: staff.id, practiceId, kind: 'staff-password-reset', requestedBy: 'You' },
  );
}
