import type { DataWait } from './data-age.js';
import { isLiving, type Pet } from '../client/pet.js';

/** A pet of a client at the mail's practice. */
export type OwnedPet = Pick<Pet, 'status' | 'diedOn'>;

/** A client of the mail's practice that the account is linked to. */
export interface LinkedClient {
  verdict: 'invite' | 'hold' | 'skip' | null;
  reason: string | null;
  needs_evaluation: boolean;
  pets: readonly OwnedPet[];
}

/** All that a mail's right to be sent rests on, as it is at this moment. */
export interface SendFacts {
  kind: 'welcome' | 'practice-added' | 'new-temporary-password' | 'password-reset';
  /** A person asked for this one email; what a rule would hold back is then theirs to decide. */
  askedFor: boolean;
  /** The account has left the address this email was for. */
  superseded: boolean;
  /** Another mail of its kind was owed meanwhile, while nobody knew what had become of this one. */
  replaced: boolean;
  account: { firstLoginAt: Date | null; closedAt: Date | null } | null;
  suppressed: 'bounced' | 'complained' | 'unsubscribed' | null;
  practicePaused: boolean;
  /** The practice must be read first, before anybody is invited. */
  dataWait: DataWait | null;
  clients: readonly LinkedClient[];
}

/** `withdraw` ends the email, `wait` leaves it owed. The reason is stored and shown. */
export type SendVerdict = { go: true } | { go: false; cancel: string } | { go: false; wait: string; minutes: number };

const go: SendVerdict = { go: true };
const cancel = (reason: string): SendVerdict => ({ go: false, cancel: reason });
const wait = (reason: string, minutes: number): SendVerdict => ({ go: false, wait: reason, minutes });

/**
 * Asked in the transaction that claims an email, just before it is handed over: whoever logged in, died, opted out or
 * bounced since it was owed gets no email.
 */
export function canBeSent(facts: SendFacts): SendVerdict {
  const { kind, account, suppressed, clients } = facts;
  if (!account) return cancel('account-gone');
  if (account.closedAt !== null) return cancel('account-closed');
  if (facts.superseded || facts.replaced) return cancel(replacedBecause(facts.superseded));
  if (suppressed === 'bounced') return cancel('bounced');
  // Who asks for a new password themselves has not unsubscribed from the answer.
  if (kind === 'password-reset') return go;
  if (suppressed) return cancel(suppressed);
  if (kind !== 'practice-added' && account.firstLoginAt !== null) return cancel('already-logged-in');
  if (facts.practicePaused) return wait('practice-paused', 1);
  if (clients.length === 0) return cancel('no-longer-linked');
  if (!facts.askedFor) {
    if (clients.some(({ needs_evaluation }) => needs_evaluation)) return wait('being-decided-again', 1);
    if (!clients.some(isWanted) && clients.some(({ reason }) => reason === 'field-drift'))
      return wait('field-drift', 10);
    if (!clients.some(isWanted)) return cancel(clients[0]?.reason ?? 'no-longer-right');
    const pets = clients.flatMap((client) => client.pets);
    if (pets.length > 0 && !pets.some((pet) => isLiving(pet))) return cancel('no-living-pet');
    if (facts.dataWait) return wait(facts.dataWait, 1);
  }
  return go;
}

/** Why an email that gave up its place to another is not sent any more. */
export function replacedBecause(superseded: boolean): string {
  return superseded ? 'email-changed' : 'another-took-its-place';
}

function isWanted({ verdict, reason }: LinkedClient): boolean {
  return verdict === 'invite' || reason === 'has-account';
}
