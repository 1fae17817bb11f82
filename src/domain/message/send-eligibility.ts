import type { DataWait } from './data-age.js';
import { isLiving, type Pet } from '../client/pet.js';

/** A pet of a client at the mail's practice. */
export type OwnedPet = Pick<Pet, 'status' | 'diedOn'>;

/** A client of the mail's practice that the account is linked to. */
export interface LinkedClient {
  verdict: 'invite' | 'hold' | 'skip' | null;
  reason: string | null;
  undecided: boolean;
  pets: readonly OwnedPet[];
}

/** All that a mail's right to be sent rests on, as it is at this moment. */
export interface SendFacts {
  kind: 'welcome' | 'practice-added' | 'fresh-password' | 'password-reset';
  /** A person asked for this one mail; what a rule would hold back is then theirs to decide. */
  askedFor: boolean;
  /** The account has left the address this mail was for. */
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

/** `withdraw` ends the mail, `wait` leaves it owed. The reason is stored and shown. */
export type SendVerdict =
  { go: true } | { go: false; withdraw: string } | { go: false; wait: string; minutes: number };

const go: SendVerdict = { go: true };
const withdraw = (reason: string): SendVerdict => ({ go: false, withdraw: reason });
const wait = (reason: string, minutes: number): SendVerdict => ({ go: false, wait: reason, minutes });

/**
 * Asked in the transaction that claims a mail, just before it is handed over: whoever logged in, died, opted out or
 * bounced since it was owed gets no mail.
 */
export function mayBeSent(facts: SendFacts): SendVerdict {
  const { kind, account, suppressed, clients } = facts;
  if (!account) return withdraw('account-gone');
  if (account.closedAt !== null) return withdraw('account-closed');
  if (facts.superseded || facts.replaced) return withdraw(replacedBecause(facts.superseded));
  if (suppressed === 'bounced') return withdraw('bounced');
  // Who asks for a new password themselves has not unsubscribed from the answer.
  if (kind === 'password-reset') return go;
  if (suppressed) return withdraw(suppressed);
  if (kind !== 'practice-added' && account.firstLoginAt !== null) return withdraw('already-logged-in');
  if (facts.practicePaused) return wait('practice-paused', 1);
  if (clients.length === 0) return withdraw('no-longer-linked');
  if (!facts.askedFor) {
    if (clients.some(({ undecided }) => undecided)) return wait('being-decided-again', 1);
    if (!clients.some(isWanted) && clients.some(({ reason }) => reason === 'field-drift'))
      return wait('field-drift', 10);
    if (!clients.some(isWanted)) return withdraw(clients[0]?.reason ?? 'no-longer-right');
    const pets = clients.flatMap((client) => client.pets);
    if (pets.length > 0 && !pets.some((pet) => isLiving(pet))) return withdraw('no-living-pet');
    if (facts.dataWait) return wait(facts.dataWait, 1);
  }
  return go;
}

/** Why a mail that gave up its place to another is not sent any more. */
export function replacedBecause(superseded: boolean): string {
  return superseded ? 'email-changed' : 'another-took-its-place';
}

function isWanted({ verdict, reason }: LinkedClient): boolean {
  return verdict === 'invite' || reason === 'has-account';
}
