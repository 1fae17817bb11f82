import { readPhone } from '../../domain/client/phone.js';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';
import { loadProfile, type ConfirmedProfile, type Profile } from '../../store/accounts/account-profile.js';
import { checkTemporary, confirmProfile, finishFirstLogin } from '../../store/accounts/first-login.js';
import { findLoginById } from '../../store/accounts/logins.js';
import type { Act } from '../../store/access/audit.js';
import { openSession, type OpenedSession } from '../../store/access/sessions.js';
import type { WebDeps } from '../deps.js';
import { enqueueFirstLogin } from '../enqueue.js';
import { reportProfileDifferences } from './report-profile-differences.js';
import { petParentAct } from './pet-parent-act.js';
import { hashPassword, refusePassword } from './passwords.js';

/**
 * Returns the profile to confirm, with the configured practices only: a practice that left can no longer help the pet
 * parent. @throws Problem `account-unknown`
 */
export async function profileOf(deps: Pick<WebDeps, 'db' | 'practice'>, accountId: string): Promise<Profile> {
  const profile = await loadProfile(deps.db, accountId);
  if (profile) return { ...profile, practices: profile.practices.filter(({ id }) => deps.practice(id)) };
  throw new Problem({ code: 'account-unknown', message: 'This account no longer exists.' });
}

/** Returns the country assumed for the phone numbers of a pet parent: the country of their practice. */
export function countryOf(deps: Pick<WebDeps, 'practice'>, profile: Profile): string {
  const [practice] = profile.practices;
  return (practice && deps.practice(practice.id)?.country) ?? 'US';
}

/** Returns the phone number to store: E.164 if it can be parsed, otherwise as typed. */
export function phoneToKeep(typed: string | null, country: string): string | null {
  if (!typed) return null;
  return readPhone({ label: null, number: typed }, country)?.e164 ?? typed;
}

/** Returns a sentence that explains why the password is refused, or null if it is accepted. */
export async function refuseFor(deps: WebDeps, profile: Profile, password: Secret): Promise<string | null> {
  const login = await findLoginById(deps.db, profile.accountId);
  return refusePassword(password, {
    minLength: deps.settings.passwordMinLength,
    about: [profile.firstName, profile.lastName, profile.email, ...profile.pets.map((pet) => pet.name)],
    isTemporary: (typed) => checkTemporary(login, typed, deps.keyring, deps.clock()) !== 'wrong',
  });
}

/**
 * Finishes the first login: confirms the data (null if the steps already saved it), sets the password, ends all sessions
 * and opens a new one.
 *
 * @throws Problem `password-refused`
 */
export async function finish(
  deps: WebDeps,
  accountId: string,
  confirmed: ConfirmedProfile | null,
  password: Secret,
): Promise<OpenedSession> {
  const profile = await profileOf(deps, accountId);
  const refusal = await refuseFor(deps, profile, password);
  if (refusal) throw new Problem({ code: 'password-refused', message: refusal });
  const passwordHash = await hashPassword(password);
  const act = petParentAct(deps, accountId);
  const kept = toKeep(deps, profile, confirmed);
  await finishFirstLogin(deps.db, { accountId, passwordHash, profile: kept }, act);
  await enqueueFirstLogin(deps, accountId);
  return openFullSession(deps, act, accountId);
}

/** Tells whether a reset already set the password, so that only the data must be confirmed. */
export async function hasOwnPassword(deps: Pick<WebDeps, 'db'>, accountId: string): Promise<boolean> {
  const login = await findLoginById(deps.db, accountId);
  return (login?.passwordHash ?? null) !== null;
}

/** Finishes a first login whose password a reset already set: confirms the data and opens a new session. */
export async function confirm(
  deps: WebDeps,
  accountId: string,
  confirmed: ConfirmedProfile | null,
): Promise<OpenedSession> {
  const act = petParentAct(deps, accountId);
  await confirmProfile(deps.db, accountId, toKeep(deps, await profileOf(deps, accountId), confirmed), act);
  return openFullSession(deps, act, accountId);
}

function toKeep(deps: WebDeps, profile: Profile, confirmed: ConfirmedProfile | null): ConfirmedProfile | null {
  return confirmed && { ...confirmed, phone: phoneToKeep(confirmed.phone, countryOf(deps, profile)) };
}

async function openFullSession(deps: WebDeps, { now }: Act, accountId: string): Promise<OpenedSession> {
  await reportProfileDifferences(deps, accountId);
  const session = { kind: 'pet-parent', subjectId: accountId, purpose: 'full' } as const;
  return openSession(deps.db, session, deps.settings.sessions.petParent, now);
}
