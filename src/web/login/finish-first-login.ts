import { readPhone } from '../../domain/client/phone.js';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { loadProfile, type ConfirmedProfile, type Profile } from '../../store/accounts/account-profile.js';
import { checkTemporary, confirmProfile, finishFirstLogin } from '../../store/accounts/first-login.js';
import { findLoginById } from '../../store/accounts/logins.js';
import { openSession } from '../../store/access/sessions.js';
import type { WebDeps } from '../deps.js';
import { enqueueFirstLogin } from '../enqueue.js';
import { reportProfileDifferences } from './report-profile-differences.js';
import { hashPassword, refusePassword } from './passwords.js';

/**
 * What the pet parent is asked to confirm, with the practices that the configuration names: one that left is none to turn
 * to any more. @throws Problem `account-unknown`
 */
export async function profileOf(deps: Pick<WebDeps, 'db' | 'practice'>, accountId: string): Promise<Profile> {
  const profile = await loadProfile(deps.db, accountId);
  if (profile) return { ...profile, practices: profile.practices.filter(({ id }) => deps.practice(id)) };
  throw new Problem({ code: 'account-unknown', message: 'This account is not there any more.' });
}

/** The country that phone numbers of this person are read in: their practice's. */
export function countryOf(deps: Pick<WebDeps, 'practice'>, profile: Profile): string {
  const [practice] = profile.practices;
  return (practice && deps.practice(practice.id)?.country) ?? 'US';
}

/** A phone number as it is kept: as one number of the world when it can be read as one, else as typed. */
export function phoneToKeep(typed: string | null, country: string): string | null {
  if (!typed) return null;
  return readPhone({ label: null, number: typed }, country)?.e164 ?? typed;
}

/** Why this password cannot become the account's own, as a sentence; null when it can. */
export async function refuseFor(deps: WebDeps, profile: Profile, password: Secret): Promise<string | null> {
  const login = await findLoginById(deps.db, profile.accountId);
  return refusePassword(password, {
    minLength: deps.settings.passwordMinLength,
    about: [profile.firstName, profile.lastName, profile.email, ...profile.pets.map((pet) => pet.name)],
    isTemporary: (typed) => checkTemporary(login, typed, deps.keyring, deps.clock()) !== 'wrong',
  });
}

/**
 * Ends the first login: data confirmed (null when kept step by step before), password set, all sessions ended, a new
 * one opened.
 *
 * @throws Problem `password-refused`
 */
export async function finish(
  deps: WebDeps,
  accountId: string,
  confirmed: ConfirmedProfile | null,
  password: Secret,
): Promise<{ token: Secret; expiresAt: Date }> {
  const profile = await profileOf(deps, accountId);
  const refusal = await refuseFor(deps, profile, password);
  if (refusal) throw new Problem({ code: 'password-refused', message: refusal });
  const passwordHash = await hashPassword(password);
  const now = deps.clock();
  const actor = { kind: 'pet-parent', id: accountId, name: null } as const;
  const kept = confirmed && { ...confirmed, phone: phoneToKeep(confirmed.phone, countryOf(deps, profile)) };
  await finishFirstLogin(deps.db, { accountId, passwordHash, profile: kept }, actor, deps.newId, now);
  await enqueueFirstLogin(deps, accountId);
  await reportProfileDifferences(deps, accountId);
  const session = { kind: 'pet-parent', subjectId: accountId, purpose: 'full' } as const;
  return openSession(deps.db, session, deps.settings.sessions.petParent, now);
}

/** Whether the password is set already, by a reset: then only the data is to be confirmed. */
export async function hasOwnPassword(deps: Pick<WebDeps, 'db'>, accountId: string): Promise<boolean> {
  const login = await findLoginById(deps.db, accountId);
  return (login?.passwordHash ?? null) !== null;
}

/** Ends a first login whose password was set by a reset: data confirmed, a new session opened. */
export async function confirm(
  deps: WebDeps,
  accountId: string,
  confirmed: ConfirmedProfile | null,
): Promise<{ token: Secret; expiresAt: Date }> {
  const profile = await profileOf(deps, accountId);
  const kept = confirmed && { ...confirmed, phone: phoneToKeep(confirmed.phone, countryOf(deps, profile)) };
  const now = deps.clock();
  const actor = { kind: 'pet-parent', id: accountId, name: null } as const;
  await confirmProfile(deps.db, accountId, kept, actor, deps.newId, now);
  await reportProfileDifferences(deps, accountId);
  const session = { kind: 'pet-parent', subjectId: accountId, purpose: 'full' } as const;
  return openSession(deps.db, session, deps.settings.sessions.petParent, now);
}
