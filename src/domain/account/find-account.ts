import type { AccountIndex, IndexedAccount } from './account-index.js';
import type { DecisionFacts } from '../decision/eligibility.js';
import type { ClientFacts, EvaluationBatch } from '../decision/facts.js';
import { joinsByAddressAlone } from './joining.js';

/** The account where a client belongs, and the way there. */
export type Home =
  /** It is linked there already. */
  | { way: 'stay'; account: IndexedAccount }
  /** Another account has its address. */
  | { way: 'join'; account: IndexedAccount }
  /** Its own account takes the new address. */
  | { way: 'move'; account: IndexedAccount }
  /** An account must be made. */
  | { way: 'found' }
  /** Staff said that whoever has its address is somebody else. */
  | { way: 'refused' }
  /** No address and no account. */
  | { way: 'nowhere' };

/**
 * Finds where a client belongs: one account for one email, and after the first login the PIMS never changes an account's
 * email. Says only where; whether the client may go there is for `decide`.
 */
export function homeOf(client: ClientFacts, accountIndex: AccountIndex, addresses: EvaluationBatch['addresses']): Home {
  const key = client.person.emails.loginKey;
  const link = accountIndex.linkOf(client.pimsId);
  const own = link ? accountIndex.account(link.accountId) : undefined;
  if (link && !own) return { way: 'nowhere' }; // The batch is incomplete: better no plan than a second account.
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
 * A pending account follows its client to a new address when no living client has the old address any more, and only
 * clients of this account have the new one. Otherwise the answer would hang on who is settled first: someone else may
 * be about to get an account with either. One to which staff linked a record stays where staff saw it: with two clients
 * leaving it for two addresses, that record would go along with whoever is settled first.
 */
function mayMove(account: IndexedAccount, key: string, addresses: EvaluationBatch['addresses']): boolean {
  if (account.links.some(({ by }) => by === 'staff')) return false;
  const there = account.links.filter((link) => link.living && link.loginKey === key).length;
  const claims = addresses.get(key)?.anywhere ?? 0;
  return claims <= there && (addresses.get(account.emailKey)?.anywhere ?? 0) === 0;
}

/** What `decide` wants to know about a home. The address of a closed account stays closed to every client. */
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
