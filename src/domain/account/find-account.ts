import type { AccountIndex, IndexedAccount } from './account-index.js';
import type { DecisionFacts } from '../decision/eligibility.js';
import type { ClientFacts, EvaluationBatch } from '../decision/facts.js';
import { joinsByAddressAlone } from './joining.js';

/** The account where a client belongs, and how the client gets there. */
export type Home =
  /** The client is already linked to it. */
  | { way: 'stay'; account: IndexedAccount }
  /** Another account has the client's address. */
  | { way: 'join'; account: IndexedAccount }
  /** The client's own account takes the new address. */
  | { way: 'move'; account: IndexedAccount }
  /** The client needs a new account. */
  | { way: 'found' }
  /** Staff said that the account with the client's address belongs to someone else. */
  | { way: 'refused' }
  /** The client has no address and no account. */
  | { way: 'nowhere' };

/**
 * Finds where a client belongs. One email has one account, and after the first login the PIMS never changes an
 * account's email. `decide` then decides whether the client may have that account.
 */
export function homeOf(client: ClientFacts, accountIndex: AccountIndex, addresses: EvaluationBatch['addresses']): Home {
  const key = client.person.emails.loginKey;
  const link = accountIndex.linkOf(client.pimsId);
  const own = link ? accountIndex.account(link.accountId) : undefined;
  if (link && !own) return { way: 'nowhere' }; // The batch is incomplete: plan nothing rather than a second account.
  if (own && (link!.by === 'staff' || own.closed || own.used || own.emailKey === key)) {
    return { way: 'stay', account: own };
  }
  if (key === null) return own ? { way: 'stay', account: own } : { way: 'nowhere' };
  const owner = accountIndex.owner(key);
  if (isRefused(client, key, owner)) return { way: 'refused' };
  if (owner) return { way: 'join', account: owner };
  if (own && mayMove(own, key, addresses)) return { way: 'move', account: own };
  return { way: 'found' };
}

function isRefused({ refused }: ClientFacts, key: string, owner: IndexedAccount | undefined): boolean {
  return refused.some(({ accountId, emailKey }) => emailKey === key || accountId === owner?.id);
}

/**
 * A pending account follows its client to a new address if no living client has the old address any more and only
 * clients of this account have the new one. Otherwise the result would depend on the order of evaluation, because
 * another client may be about to get an account with either address. An account to which staff linked a record keeps
 * its address: if two clients left it for two addresses, the order of evaluation would decide where that record goes.
 * So does one that has a record with another address which is missing or deleted: if that record returned, its pets
 * would be on a stranger's account.
 */
function mayMove(account: IndexedAccount, key: string, addresses: EvaluationBatch['addresses']): boolean {
  if (account.links.some(({ by, loginKey }) => by === 'staff' || loginKey !== key)) return false;
  const there = account.links.filter((link) => link.living && link.loginKey === key).length;
  const claims = addresses.get(key)?.anywhere ?? 0;
  return claims <= there && (addresses.get(account.emailKey)?.anywhere ?? 0) === 0;
}

/** Returns the facts about a home that `decide` needs. The address of a closed account stays closed to every client. */
export function accountFacts(
  home: Home,
  client: ClientFacts,
  accountIndex: AccountIndex,
): Pick<DecisionFacts, 'account' | 'linked' | 'refused' | 'confirmJoin'> {
  const confirmJoin = home.way === 'join' && joinsByAddressAlone(client, home.account);
  return { ...whichAccount(home, client, accountIndex), refused: home.way === 'refused', confirmJoin };
}

function whichAccount(
  home: Home,
  client: ClientFacts,
  accountIndex: AccountIndex,
): Pick<DecisionFacts, 'account' | 'linked'> {
  const key = client.person.emails.loginKey;
  const linked = home.way === 'stay' || home.way === 'move';
  if (home.way !== 'stay' && key !== null && accountIndex.wasClosed(key)) return { account: 'closed', linked };
  if (home.way === 'found' || home.way === 'nowhere' || home.way === 'refused') return { account: 'none', linked };
  const { closed, used } = home.account;
  return { account: closed ? 'closed' : used ? 'used' : 'pending', linked };
}
