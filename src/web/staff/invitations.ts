import { Secret } from '../../domain/secret.js';
import { record, type Actor } from '../../store/audit.js';
import { inTransaction } from '../../store/database.js';
import { endResetTokens, keepResetTokens, newResetToken } from '../../store/reset-tokens.js';
import { allowedTo, findStaffLogin, type Staff } from '../../store/staff.js';
import { invitationHours, oweStaffMail } from '../../store/staff-mails.js';
import { takeAttempt } from '../../store/throttles.js';
import { askQuietly } from '../asking.js';
import type { WebDeps } from '../deps.js';
import { mailThrottles } from '../throttle-rules.js';

/**
 * Makes the link by which someone of the staff sets a password: a first one or a new one. Earlier links die. The token
 * stands behind the `#`, as in the links for pet parents.
 */
export async function invite(deps: WebDeps, staffId: string, by: Actor, practiceId: string): Promise<Secret> {
  const token = newResetToken();
  const now = deps.clock();
  const expiresAt = new Date(now.getTime() + invitationHours * 3_600_000);
  await inTransaction(deps.db, async (trx) => {
    await endResetTokens(trx, 'staff', staffId, now);
    await keepResetTokens(trx, [{ kind: 'staff', subjectId: staffId, token, expiresAt }], now);
    const details = { staffId, by: 'link' };
    await record(trx, { actor: by, action: 'staff-invited', practiceId, details }, now);
  });
  return new Secret(`${deps.settings.origin}/staff/invitation#${token.open()}`);
}

/** The throttles of a mail to this address of the staff. */
const throttlesOf = (deps: WebDeps, email: string, address: string) =>
  mailThrottles(deps, `staff ${email}`, address);

/**
 * Owes the mail with that link. The link itself is made when the mail is sent: no job and no row holds it.
 *
 * @param address the network address of who asks
 * @returns seconds to wait when this address of mail was sent too many
 */
export async function mailInvitation(
  deps: WebDeps,
  to: Pick<Staff, 'id' | 'email' | 'hasPassword'>,
  by: Actor,
  practiceId: string,
  address: string,
): Promise<number> {
  const { db, clock, newId } = deps;
  const wait = await inTransaction(db, (trx) =>
    takeAttempt(trx, throttlesOf(deps, to.email, address), clock()),
  );
  if (wait > 0) return wait;
  const kind = to.hasPassword ? 'staff-password-reset' : 'staff-invitation';
  const staffMailId = await inTransaction(db, async (trx) => {
    const details = { staffId: to.id, by: 'mail' };
    await record(trx, { actor: by, action: 'staff-invited', practiceId, details }, clock());
    const askedBy = by.name ?? 'An owner of the practice';
    return oweStaffMail(trx, { staffId: to.id, practiceId, kind, askedBy }, newId, clock());
  });
  await askQuietly(deps, 'send-staff-mail', { staffMailId }, { key: staffMailId });
  return 0;
}

/** Forgot password: owes the mail if there is such a person, unless this address or this network asked for too many. */
export async function mailStaffWayIn(deps: WebDeps, email: string, address: string): Promise<void> {
  const { db, clock, newId } = deps;
  const wait = await inTransaction(db, (trx) => takeAttempt(trx, throttlesOf(deps, email, address), clock()));
  const found = wait === 0 ? await findStaffLogin(db, email) : null;
  if (!found || found.staff.disabledAt) return;
  const { staff } = found;
  const actor = {
    kind: staff.role === 'operator' ? 'operator' : 'staff',
    id: staff.id,
    name: staff.name,
  } as const;
  // An operator sees every practice and is nobody's.
  const practiceId = staff.role === 'operator' ? null : ((await allowedTo(db, staff)).ids[0] ?? null);
  const staffMailId = await inTransaction(db, async (trx) => {
    await record(trx, { actor, action: 'staff-password-asked', practiceId }, clock());
    return oweStaffMail(
      trx,
      { staffId: staff.id, practiceId, kind: 'staff-password-reset', askedBy: 'You' },
      newId,
      clock(),
    );
  });
  await askQuietly(deps, 'send-staff-mail', { staffMailId }, { key: staffMailId });
}
