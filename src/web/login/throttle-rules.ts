import type { Keyring } from '../../lib/sealing.js';
import { Secret } from '../../lib/secret.js';
import type { DatabaseTransaction } from '../../store/db/database.js';
import {
  forgetAttempts,
  giveBackAttempt,
  throttleName,
  type Throttle,
  type ThrottleRule,
} from '../../store/access/throttles.js';

const minute = 60;
const hour = 60 * minute;

/**
 * One person trying at one place: five tries are free, then the waits rise. Nobody elsewhere is slowed by it, and a
 * right password wipes it out.
 */
const pairRule: ThrottleRule = {
  free: 5,
  waits: [30, minute, 2 * minute, 5 * minute, 10 * minute],
  windowSeconds: 12 * hour,
};

/** One network address, whoever it tries: a practice's own network serves many people, so it is generous. */
const addressRule: ThrottleRule = { free: 40, waits: [2, 5, 15, 30, minute], windowSeconds: hour };

/**
 * One account from everywhere: guessing by a crowd of addresses comes down to one try in half a minute, far below the
 * hundred in a row that NIST allows.
 */
const accountRule: ThrottleRule = { free: 30, waits: [10, 30], windowSeconds: 12 * hour };

export interface LogInThrottles {
  /** What this try is counted under. */
  counted: Throttle[];
  /** Names that a right password wipes out. */
  wiped: string[];
  /** Names shared with others: a right password recalls its own try only. */
  givenBack: string[];
}

/**
 * The throttles of one try to log in. `who` may be any text: an address without an account is slowed the same.
 *
 * Whoever tries wrong passwords must not lock the owner out. So a device that was let in before is counted for itself
 * alone, whatever happens on its network or to its account elsewhere; and a new password by mail always works.
 */
export function logInThrottles(
  deps: { keyring: Keyring },
  kind: 'pet-parent' | 'staff',
  who: string,
  address: string,
  knownDevice: string | undefined,
): LogInThrottles {
  const pepper = pepperOf(deps.keyring);
  const key = who.trim().toLowerCase();
  const network = networkOf(address);
  const pair = { name: throttleName('pair', [kind, key, knownDevice ?? network], pepper), rule: pairRule };
  if (knownDevice !== undefined) return { counted: [pair], wiped: [pair.name], givenBack: [] };
  const shared = { name: throttleName('address', [kind, network], pepper), rule: addressRule };
  const account = { name: throttleName('account', [kind, key], pepper), rule: accountRule };
  return { counted: [pair, shared, account], wiped: [pair.name], givenBack: [shared.name, account.name] };
}

/** After a right password. */
export async function forgive(trx: DatabaseTransaction, throttles: LogInThrottles): Promise<void> {
  await forgetAttempts(trx, throttles.wiped);
  for (const name of throttles.givenBack) await giveBackAttempt(trx, name);
}

/** Emails that anyone can ask for: a few for one address of mail, more for one network. */
export function mailThrottles(deps: { keyring: Keyring }, who: string, address: string): Throttle[] {
  const pepper = pepperOf(deps.keyring);
  return [
    {
      name: throttleName('mail', [who.trim().toLowerCase()], pepper),
      rule: { free: 3, waits: [10 * minute, hour], windowSeconds: 12 * hour },
    },
    {
      name: throttleName('mail-address', [networkOf(address)], pepper),
      rule: { free: 20, waits: [minute, 5 * minute], windowSeconds: hour },
    },
  ];
}

/** How often one of the staff may look at passwords: a day at the desk, not a copy of the list. */
export function revealThrottle(deps: { keyring: Keyring }, staffId: string): Throttle {
  return {
    name: throttleName('reveal', [staffId], pepperOf(deps.keyring)),
    rule: { free: 60, waits: [minute, 2 * minute, 5 * minute], windowSeconds: hour },
  };
}

/** An IPv6 subscriber has a whole /64: counted as one. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%')[0] as string;
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.toLowerCase().split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  const filled = plain.includes('::')
    ? [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
    : front;
  return `${filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

function pepperOf(keyring: Keyring): string {
  return keyring.mark(new Secret('throttles'), 'throttles').toString('base64');
}
