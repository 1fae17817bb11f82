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
export interface SendFacts {
  kind: 'welcome' | 'practice-added' | 'new-temporary-password' | 'password-reset';
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
}

/** `cancel` ends the email; `wait` leaves it queued. The store keeps the reason and pages show it. */
export type SendVerdict = { go: true } | { go: false; cancel: string } | { go: false; wait: string; minutes: number };

const go: SendVerdict = { go: true };
const cancel = (reason: string): SendVerdict => ({ go: false, cancel: reason });
const wait = (reason: string, minutes: number): SendVerdict => ({ go: false, wait: reason, minutes });

/**
 * Decides whether an email may be sent. Runs in the transaction that claims the email, just before the hand-over to
 * SES, so that no email goes out if the pet parent logged in or opted out, the last pet died, or the address bounced
 * after it was queued.
 */
export function canBeSent(facts: SendFacts): SendVerdict {
  const { kind, account, suppressed, clients } = facts;
  if (!account) return cancel('account-gone');
  if (account.closedAt !== null) return cancel('account-closed');
  if (facts.superseded || facts.replaced) return cancel(replacedBecause(facts.superseded));
  if (suppressed === 'bounced') return cancel('bounced');
  // Unsubscribing does not stop a password reset: the pet parent asked for this email.
  if (kind === 'password-reset') return go;
  if (suppressed) return cancel(suppressed);
  if (kind !== 'practice-added' && account.firstLoginAt !== null) return cancel('already-logged-in');
  if (facts.practicePaused) return wait('practice-paused', 1);
  if (clients.length === 0) return cancel('no-longer-linked');
  // Until then even the address may be another person's; a request by staff does not change that.
  if (clients.some(({ needs_evaluation }) => needs_evaluation)) return wait('being-decided-again', 1);
  if (!facts.askedFor) {
    if (!clients.some(isWanted) && clients.some(({ reason }) => reason === 'field-drift'))
      return wait('field-drift', 10);
    if (!clients.some(isWanted)) return cancel(clients[0]?.reason ?? 'no-longer-right');
    const pets = clients.flatMap((client) => client.pets);
    if (pets.length > 0 && !pets.some((pet) => isLiving(pet))) return cancel('no-living-pet');
    if (facts.dataWait) return wait(facts.dataWait, 1);
  }
  return go;
}

/** Returns the reason why another email replaced this one. */
export function replacedBecause(superseded: boolean): string {
  return superseded ? 'email-changed' : 'another-took-its-place';
}

function isWanted({ verdict, reason }: LinkedClient): boolean {
  return verdict === 'invite' || reason === 'has-account';
}
