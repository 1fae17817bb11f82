import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { inTransaction } from '../../store/db/database.js';
import { beginFirstLogin, checkTemporary, type TemporaryCheck } from '../../store/accounts/first-login.js';
import { countTry, emailKeyOf, findLogin, noteLogin, type Login } from '../../store/accounts/logins.js';
import { record, type Actor } from '../../store/access/audit.js';
import { openSession } from '../../store/access/sessions.js';
import { takeAttempt } from '../../store/access/throttles.js';
import { enqueueFirstLogin, enqueueDispatch } from '../enqueue.js';
import type { WebDeps } from '../deps.js';
import { deviceMark, isKnownDevice } from './known-device.js';
import { forgive, logInThrottles } from './throttle-rules.js';
import { verifyPassword } from './passwords.js';

export interface LogInRequest {
  email: string;
  password: Secret;
  /** The network address it came from. */
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
  /** Told only after the right temporary password; a mail with a fresh way in is owed. */
  | { outcome: 'expired' }
  | { outcome: 'wrong' }
  | { outcome: 'wait'; seconds: number };

/**
 * A pet parent logs in, with the temporary password or their own. Every refused try runs the same statements and one
 * Argon2, whether there is such an account or not, so that neither words nor time tell who has one.
 *
 * @throws Problem `credential-unreadable` when this process was not given the key of the person's temporary password
 */
export async function logIn(deps: WebDeps, request: LogInRequest): Promise<LogInResult> {
  const { db, clock, settings } = deps;
  const emailKey = emailKeyOf(request.email);
  const found = await findLogin(db, emailKey ?? '-');
  const temporary = checkTemporary(found, request.password, deps.keyring, clock());
  // Not "wrong", and not a try: nobody can say what it is.
  if (temporary === 'unreadable') throw doesNotOpen(found?.accountId ?? '-');
  const knewTemporary = temporary !== 'wrong';
  const device = isKnownDevice(deps.keyring, request.device, found?.accountId ?? '-') ? request.device : undefined;
  const throttles = logInThrottles(deps, 'pet-parent', emailKey ?? request.email, request.address, device);

  const seconds = await inTransaction(db, async (trx) => {
    // Nobody finds a temporary password by guessing (57 bits), so who knows it never has to wait for those who guess.
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

  const actor: Actor = { kind: 'pet-parent', id: found.accountId, name: null };
  const now = clock();
  // Who set a password by a reset in the middle of the first login has confirmed nothing yet, and is asked now.
  const whole = own && found.confirmedAt !== null;
  const life = whole ? settings.sessions.petParent : settings.sessions.firstLogin;
  const session = await inTransaction(db, async (trx) => {
    if (!knewTemporary) await forgive(trx, throttles);
    if (own) await noteLogin(trx, found.accountId, now);
    else if (temporary === 'right') {
      const { graceMinutes } = settings;
      const by = { accountId: found.accountId, typed: request.password };
      const begun = await beginFirstLogin(trx, deps.credentials, by, graceMinutes, actor, now);
      if (!begun) return null;
    }
    const purpose = whole ? ('full' as const) : ('first-login' as const);
    return openSession(trx, { kind: 'pet-parent', subjectId: found.accountId, purpose }, life, now);
  });
  // Somebody else used it, or staff replaced it, between the look and the log-in.
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
    message: `The temporary password of account ${accountId} does not open with the keys that this process has.`,
    help: 'See "Rotate the credential keys" in docs/operations.md: "pims-sync keys list" names a missing key.',
  });
}

async function queueNewPasswordRecovery(deps: WebDeps, login: Login, found: TemporaryCheck): Promise<void> {
  const actor: Actor = { kind: 'pet-parent', id: login.accountId, name: null };
  const details = { found };
  await record(
    deps.db,
    { actor, action: 'temporary-password-expired-used', accountId: login.accountId, details },
    deps.clock(),
  );
  const kind = login.firstLoginAt === null ? 'new-temporary-password' : 'password-reset';
  await deps.messages.queueAccountRecovery(login.accountId, kind, 'the pet parent, at log-in', deps.clock());
  await enqueueDispatch(deps);
}
