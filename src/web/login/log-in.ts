import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { inTransaction } from '../../store/db/database.js';
import { beginFirstLogin, checkTemporary, type TemporaryCheck } from '../../store/accounts/first-login.js';
import { countTry, emailKeyOf, findLogin, noteLogin, type Login } from '../../store/accounts/logins.js';
import { record } from '../../store/access/audit.js';
import { openSession } from '../../store/access/sessions.js';
import { takeAttempt } from '../../store/access/throttles.js';
import { enqueueFirstLogin, enqueueDispatch } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { deviceMark, isKnownDevice } from './known-device.js';
import { forgive, logInThrottles } from './throttle-rules.js';
import { petParentAct } from './pet-parent-act.js';
import { verifyPassword } from './passwords.js';

export interface LogInRequest {
  email: string;
  password: Secret;
  /** Network address of the caller. */
  address: string;
  /** The `device` cookie of an earlier log-in, if any. */
  device: string | undefined;
}

export type LogInResult =
  | {
      outcome: 'logged-in' | 'first-login-needed';
      accountId: string;
      token: Secret;
      expiresAt: Date;
      device: string;
    }
  /** Returned only for the right temporary password; an email with a new one is queued. */
  | { outcome: 'expired' }
  | { outcome: 'wrong' }
  | { outcome: 'wait'; seconds: number };

/**
 * Logs a pet parent in with the temporary or the chosen password. Every refused attempt runs the same statements and one
 * Argon2 check, with or without an account, so that neither text nor timing reveals whether an account exists.
 *
 * @throws Problem `credential-unreadable` if this process lacks the key of the temporary password
 */
export async function logIn(deps: WebDeps, request: LogInRequest): Promise<LogInResult> {
  const { db, clock, settings } = deps;
  const emailKey = emailKeyOf(request.email);
  const found = await findLogin(db, emailKey ?? '-');
  const temporary = checkTemporary(found, request.password, deps.keyring, clock());
  // Neither a wrong password nor a counted attempt, because the password cannot be checked.
  if (temporary === 'unreadable') throw doesNotOpen(found?.accountId ?? '-');
  const knewTemporary = temporary !== 'wrong';
  const device = isKnownDevice(deps.keyring, request.device, found?.accountId ?? '-') ? request.device : undefined;
  const throttles = logInThrottles(deps, 'pet-parent', emailKey ?? request.email, request.address, device);

  const seconds = await inTransaction(db, async (trx) => {
    // A temporary password has 57 bits and cannot be guessed, so its owner never waits because of other people's guesses.
    const wait = knewTemporary ? 0 : await takeAttempt(trx, throttles.counted, clock());
    if (wait === 0 && !knewTemporary) await countTry(trx, found?.accountId ?? null);
    return wait;
  });
  if (seconds > 0) return { outcome: 'wait', seconds };

  const own = await verifyPassword(found?.passwordHash ?? null, request.password);
  if (!found || (!own && !knewTemporary)) return { outcome: 'wrong' };

  if (!own && (temporary === 'right-but-expired' || temporary === 'grace-over')) {
    await queueNewPasswordRecovery(deps, found, temporary);
    return { outcome: 'expired' };
  }

  const act = petParentAct(deps, found.accountId);
  const { now } = act;
  // A pet parent who reset the password during the first login has confirmed nothing yet and must do so now.
  const whole = own && found.confirmedAt !== null;
  const life = whole ? settings.sessions.petParent : settings.sessions.firstLogin;
  const session = await inTransaction(db, async (trx) => {
    if (!knewTemporary) await forgive(trx, throttles);
    if (own) await noteLogin(trx, found.accountId, now);
    else if (temporary === 'right') {
      const { graceMinutes } = settings;
      const by = { accountId: found.accountId, typed: request.password };
      const begun = await beginFirstLogin(trx, deps.credentials, by, graceMinutes, act);
      if (!begun) return null;
    }
    const purpose = whole ? ('full' as const) : ('first-login' as const);
    return openSession(trx, { kind: 'pet-parent', subjectId: found.accountId, purpose }, life, now);
  });
  // Somebody used or replaced the temporary password between the check and the log-in.
  if (!session) return { outcome: 'wrong' };
  if (temporary === 'right') await enqueueFirstLogin(deps, found.accountId);
  return {
    outcome: whole ? 'logged-in' : 'first-login-needed',
    accountId: found.accountId,
    ...session,
    device: deviceMark(deps.keyring, found.accountId),
  };
}

function doesNotOpen(accountId: string): Problem {
  return new Problem({
    code: 'credential-unreadable',
    message: `The temporary password of account ${accountId} cannot be unsealed with the keys of this process.`,
    help: 'See "Rotate the credential keys" in docs/operations.md: "pims-sync keys list" names a missing key.',
  });
}

async function queueNewPasswordRecovery(deps: WebDeps, login: Login, found: TemporaryCheck): Promise<void> {
  const { accountId } = login;
  const { actor, now } = petParentAct(deps, accountId);
  const details = { found };
  await record(deps.db, { actor, action: 'temporary-password-expired-used', accountId, details }, now);
  const kind = login.firstLoginAt === null ? 'new-temporary-password' : 'password-reset';
  await deps.messages.queueAccountRecovery(accountId, kind, 'the pet parent, at log-in', now);
  await enqueueDispatch(deps);
}
