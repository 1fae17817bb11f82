import { isWanted } from '../decision/reasons.js';
import type { DataWait } from './data-age.js';
import { isLiving, type Pet } from '../client/pet.js';

/** A pet of a client at the practice that sends the email. */
type OwnedPet = Pick<Pet, 'status' | 'diedOn'>;

/** A client, at the practice that sends the email, that is linked to the account. */
export interface LinkedClient {
  verdict: 'invite' | 'hold' | 'skip' | null;
  reason: string | null;
  needs_evaluation: boolean;
  pets: readonly OwnedPet[];
}

/** The current facts that decide whether an email may be sent. */
export interface RecipientFacts {
  /**
   * A person asked for this email. Decisions about the client and the age of the data then do not hold it back; a client
   * that needs evaluation does.
   */
  askedFor: boolean;
  /** The account no longer has the address this email was for. */
  superseded: boolean;
  /** Another email of its kind was queued while the status of this one was uncertain. */
  replaced: boolean;
  account: { firstLoginAt: Date | null; closedAt: Date | null } | null;
  suppressed: 'bounced' | 'complained' | 'unsubscribed' | null;
  practicePaused: boolean;
  /** The reason why the practice needs a sync before any invitation; null if it needs none. */
  dataWait: DataWait | null;
  clients: readonly LinkedClient[];
  /** Set for an email to a staff member, which has no account. */
  staff?: { hasAccess: boolean; queuedForMs: number };
}

/** `cancel` ends the email; `wait` leaves it queued. The store keeps the reason and pages show it. */
export type SendVerdict = { go: true } | { go: false; cancel: string } | { go: false; wait: string; minutes: number };

/** One rule about who may still be sent an email. Returns null if it has no objection. */
export type SendCheck = (facts: RecipientFacts) => SendVerdict | null;

const cancel = (reason: string): SendVerdict => ({ go: false, cancel: reason });
const wait = (reason: string, minutes: number): SendVerdict => ({ go: false, wait: reason, minutes });

/** The account exists and is open. */
export const accountIsOpen: SendCheck = ({ account }) => {
  if (!account) return cancel('account-gone');
  return account.closedAt === null ? null : cancel('account-closed');
};

/** No email to another address, and no later one of its kind, has taken its place. */
export const isCurrent: SendCheck = ({ superseded, replaced }) =>
  superseded || replaced ? cancel(replacedBecause(superseded)) : null;

/** The address has not bounced. A wish for no more emails does not stop what the person asked for. */
export const hasNotBounced: SendCheck = ({ suppressed }) => (suppressed === 'bounced' ? cancel('bounced') : null);

/** The address may be written to. */
export const isNotSuppressed: SendCheck = ({ suppressed }) => (suppressed ? cancel(suppressed) : null);

/** The pet parent has not logged in, so the temporary password is still theirs to use. */
export const hasNeverLoggedIn: SendCheck = ({ account }) =>
  account && account.firstLoginAt !== null ? cancel('already-logged-in') : null;

/** The practice's emails are not paused. */
export const practiceIsNotPaused: SendCheck = ({ practicePaused }) =>
  practicePaused ? wait('practice-paused', 1) : null;

/** A client of the practice is linked to the account and still eligible, unless a person asked for the email. */
export const clientIsWanted: SendCheck = ({ clients, askedFor, dataWait }) => {
  if (clients.length === 0) return cancel('no-longer-linked');
  // Until then even the address may be another person's; a request by staff does not change that.
  if (clients.some(({ needs_evaluation }) => needs_evaluation)) return wait('being-decided-again', 1);
  if (askedFor) return null;
  if (!clients.some(isWanted)) {
    if (clients.some(({ reason }) => reason === 'field-drift')) return wait('field-drift', 10);
    return cancel(clients[0]?.reason ?? 'no-longer-right');
  }
  const pets = clients.flatMap((client) => client.pets);
  if (pets.length > 0 && !pets.some((pet) => isLiving(pet))) return cancel('no-living-pet');
  return dataWait ? wait(dataWait, 1) : null;
};

/** The staff member still has access to the console. */
export const staffHaveAccess: SendCheck = ({ staff }) => (staff?.hasAccess ? null : cancel('access-ended'));

/** The email has not waited for a day: a staff member who got no link in that time has asked for another. */
export const isRecent: SendCheck = ({ staff }) =>
  staff && staff.queuedForMs > 24 * 3600_000 ? cancel('not-sent-in-time') : null;

/** Returns the reason why another email replaced this one. */
export function replacedBecause(superseded: boolean): string {
  return superseded ? 'email-changed' : 'another-took-its-place';
}
