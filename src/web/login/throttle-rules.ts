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
 * Rule for one account from one network: five free attempts, then rising waits. It slows no other network, and a right
 * password clears it.
 */
const pairRule: ThrottleRule = {
  free: 5,
  waits: [30, minute, 2 * minute, 5 * minute, 10 * minute],
  windowSeconds: 12 * hour,
};

/** Rule for one network across all accounts. It is generous, because a practice's own network serves many people. */
const addressRule: ThrottleRule = { free: 40, waits: [2, 5, 15, 30, minute], windowSeconds: hour };

/**
 * Rule for one account across all networks: guessing from many addresses is slowed to one attempt per 30 seconds, far
 * below the hundred consecutive attempts that NIST allows.
 */
const accountRule: ThrottleRule = { free: 30, waits: [10, 30], windowSeconds: 12 * hour };

export interface LogInThrottles {
  /** Throttles that count this attempt. */
  counted: Throttle[];
  /** Names of throttles that a right password clears. */
  wiped: string[];
  /** Names of throttles shared with other people: a right password gives back only its own attempt. */
  givenBack: string[];
}

/**
 * Returns the throttles of one log-in attempt. `who` may be any text: an address without an account is slowed the same.
 *
 * A stranger who tries wrong passwords must not lock the owner out. So a known device is counted separately from its
 * network and from its account elsewhere, and password recovery by email always works.
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

/** Clears or gives back the attempts after a right password. */
export async function forgive(trx: DatabaseTransaction, throttles: LogInThrottles): Promise<void> {
  await forgetAttempts(trx, throttles.wiped);
  for (const name of throttles.givenBack) await giveBackAttempt(trx, name);
}

/** Returns the throttles of emails that anyone can request: a few per email address, more per network. */
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

/** Returns the throttle of password views: enough for a day at the front desk, too little to copy the whole list. */
export function revealThrottle(deps: { keyring: Keyring }, staffId: string): Throttle {
  return {
    name: throttleName('reveal', [staffId], pepperOf(deps.keyring)),
    rule: { free: 60, waits: [minute, 2 * minute, 5 * minute], windowSeconds: hour },
  };
}

/** Returns the network of an address. An IPv6 subscriber owns a whole /64, which counts as one. */
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
